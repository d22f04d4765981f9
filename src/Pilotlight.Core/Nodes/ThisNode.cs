using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Turns;
using Pilotlight.Processes;

namespace Pilotlight.Core.Nodes;

/// <summary>This server as it tells of itself. Safe for concurrent use.</summary>
internal sealed class ThisNode(WarmPool pool, IClaudeConversations conversations, TurnPlaces places, ServerEpoch epoch, IOptions<ServerOptions> server, TimeProvider time)
{
    private readonly DateTimeOffset _since = time.GetUtcNow();

    /// <summary>It, as it is now.</summary>
    public NodeState Look()
    {
        var (snapshot, hot) = (pool.GetSnapshot(), conversations.ListHot());
        var counts = hot.CountBy(one => one.Profile, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        return new NodeState(
            server.Value.Name,
            places.IsClosed ? "draining" : "active",
            "",
            _since,
            places.Taken,
            [.. snapshot.Profiles.Select(profile => Of(profile, counts.GetValueOrDefault(profile.Name)))],
            [.. hot.Select(one => one.ConversationId)])
        {
            Epoch = epoch.Value,
            MaxProcesses = snapshot.MaxProcesses,
        };
    }

    private static NodeProfile Of(ProfileSnapshot profile, int hot) => new(
        profile.Name, profile.Parked, profile.Starting, profile.Leased, hot, profile.Target, profile.Max, profile.WarmHits, profile.ColdStarts, StateOf(profile), profile.LastFailure);

    private static string StateOf(ProfileSnapshot profile) => profile.Breaker switch
    {
        BreakerState.Open => "open",
        BreakerState.HalfOpen => "half-open",
        _ when profile.IsDrained => "drained",
        _ when profile.Starting > 0 && profile.Parked == 0 => "warming",
        _ => "ready",
    };
}
