namespace Pilotlight.Core.Nodes;

/// <summary>Which node a thread that has none is to have.</summary>
/// <remarks>
/// The one with its hot process, if there is one; else the one with the most parked processes of its profile; of equals the one with the most room for more, then the one that was
/// asked. A node that was just given a thread counts as having one less, until it tells otherwise.
/// </remarks>
internal static class PlacementPolicy
{
    /// <summary>The index of the node to choose; null when none can take anything.</summary>
    /// <param name="nodes">The nodes, the one that was asked first.</param>
    /// <param name="given">How many threads each was given since it told of itself.</param>
    /// <param name="threadId">The thread.</param>
    /// <param name="profile">The name of its profile.</param>
    public static int? Choose(IReadOnlyList<NodeState> nodes, IReadOnlyList<int> given, string threadId, string profile)
    {
        int? best = null;
        var most = (Parked: int.MinValue, Room: int.MinValue);
        for (var at = 0; at < nodes.Count; at++)
        {
            var node = nodes[at];
            if (node.State != "active")
            {
                continue;
            }

            if (node.Hot.Contains(threadId, StringComparer.Ordinal))
            {
                return at;
            }

            var has = (Parked: Parked(node, profile) - given[at], Room: node.MaxProcesses - node.Profiles.Sum(one => one.Leased + one.Starting) - given[at]);
            if (has.Room > 0 && (best is null || has.CompareTo(most) > 0))
            {
                (best, most) = (at, has);
            }
        }

        return best;
    }

    // A profile has more than one kind of process, and their names begin with its.
    private static int Parked(NodeState node, string profile) =>
        node.Profiles.Where(one => one.Name.StartsWith(profile, StringComparison.OrdinalIgnoreCase)).Sum(one => one.Parked);
}
