using Orleans.Runtime;
using Pilotlight.Claude;
using Pilotlight.Cluster.Nodes;
using Pilotlight.Core.Nodes;

namespace Pilotlight.Cluster.Placement;

/// <summary>Chooses nodes for threads by what the nodes told last. Safe for concurrent use.</summary>
internal sealed class ThreadPlacement(NodeTable others, ThisNode node, ILocalSiloDetails here, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly RecentlyGiven<SiloAddress> _given = new(time);

    /// <summary>The node that a thread is to have, which from now on counts as given to it; null when none can take anything.</summary>
    public SiloAddress? Choose(string threadId, string? profile)
    {
        // One after the other: of many at once each must know of those before it.
        lock (_gate)
        {
            return ChooseAlone(threadId, profile);
        }
    }

    private SiloAddress? ChooseAlone(string threadId, string? profile)
    {
        var known = others.List().Where(one => !one.IsSilent).ToArray();
        SiloAddress[] silos = [here.SiloAddress, .. known.Select(one => one.Silo)];
        var given = _given.Count();
        var chosen = PlacementPolicy.Choose(
            [node.Look(), .. known.Select(one => one.State)],
            [.. silos.Select(silo => given.GetValueOrDefault(silo))],
            threadId,
            profile is { Length: > 0 } ? profile : ClaudeOptions.ChatProfile);
        if (chosen is not { } at)
        {
            return null;
        }

        _given.Add(silos[at]);
        return silos[at];
    }
}
