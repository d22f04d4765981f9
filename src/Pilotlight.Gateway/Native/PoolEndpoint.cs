using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pilotlight.Core.Nodes;

namespace Pilotlight.Gateway.Native;

/// <summary><c>GET /api/pool</c>: the processes as they are now, of all nodes together.</summary>
internal static class PoolEndpoint
{
    private static readonly string[] WorstFirst = ["open", "half-open", "drained", "warming", "ready"];

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/pool", Get)
        .WithTags("Pool").WithName("GetPool").WithSummary("The processes as they are now, by profile; of a cluster those of all nodes together.");

    private static PoolView Get(INodes nodes)
    {
        var all = nodes.List();
        return new PoolView(
            all.Sum(node => node.MaxProcesses),
            [.. all.SelectMany(node => node.Profiles).GroupBy(profile => profile.Name, StringComparer.OrdinalIgnoreCase).Select(profile => Sum([.. profile]))]);
    }

    // A profile is as well as it is on the node where it is worst.
    private static PoolProfileView Sum(IReadOnlyList<NodeProfile> on) => new(
        on[0].Name,
        on.Sum(profile => profile.Parked),
        on.Sum(profile => profile.Starting),
        on.Sum(profile => profile.Leased),
        on.Sum(profile => profile.Hot),
        on.Sum(profile => profile.Target),
        on.Sum(profile => profile.Max),
        on.Sum(profile => profile.WarmHits),
        on.Sum(profile => profile.ColdStarts),
        on.Select(profile => profile.State).MinBy(state => Array.IndexOf(WorstFirst, state))!,
        on.Select(profile => profile.LastFailure).FirstOrDefault(failure => failure is not null));
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
