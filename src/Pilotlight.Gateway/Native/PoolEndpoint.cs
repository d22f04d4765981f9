using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pilotlight.Claude.Conversations;
using Pilotlight.Processes;

namespace Pilotlight.Gateway.Native;

/// <summary><c>GET /api/pool</c>: the processes as they are now.</summary>
internal static class PoolEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/pool", Get)
        .WithTags("Pool").WithName("GetPool").WithSummary("The processes as they are now, by profile.");

    private static PoolView Get(WarmPool pool, IClaudeConversations conversations)
    {
        var hot = conversations.CountHot();
        var snapshot = pool.GetSnapshot();
        return new PoolView(
            snapshot.MaxProcesses,
            [.. snapshot.Profiles.Select(profile => new PoolProfileView(
                profile.Name,
                profile.Parked,
                profile.Starting,
                profile.Leased,
                hot.GetValueOrDefault(profile.Name),
                profile.Target,
                profile.Max,
                profile.WarmHits,
                profile.ColdStarts,
                State(profile),
                profile.LastFailure))]);
    }

    private static string State(ProfileSnapshot profile) => profile.Breaker switch
    {
        BreakerState.Open => "open",
        BreakerState.HalfOpen => "half-open",
        _ when profile.IsDrained => "drained",
        _ when profile.Starting > 0 && profile.Parked == 0 => "warming",
        _ => "ready",
    };
}

/// <summary>The pool as the API shows it.</summary>
public sealed record PoolView(int MaxProcesses, IReadOnlyList<PoolProfileView> Profiles);

/// <summary>One profile's processes as the API shows them; <c>state</c> is <c>ready</c>, <c>warming</c>, <c>drained</c>, <c>open</c> or <c>half-open</c>.</summary>
public sealed record PoolProfileView(
    string Name,
    int Parked,
    int Starting,
    int Leased,
    int Hot,
    int Target,
    int Max,
    long WarmHits,
    long ColdStarts,
    string State,
    string? LastFailure);
