namespace Pilotlight.Core.Nodes;

/// <summary>Which node a thread that has none is to have.</summary>
/// <remarks>
/// The one with its hot process, if there is one; else, of those with a parked process of its profile, the one with the most room for more; of equals the one that was asked. A node that
/// was just given a thread counts as having one less, until it tells otherwise. That a node has more than one parked does not count: the node that is asked most parks most, and would be
/// given everything until it is full. Of many nodes each thread is shown a few, by its id: those that choose at the same moment know the same, and would all choose the same one.
/// docs/scale.md has what came of it.
/// </remarks>
internal static class PlacementPolicy
{
    // Of so many nodes all are looked at; of more, about so many.
    private const int Few = 4;

    /// <summary>The index of the node to choose; null when none can take anything.</summary>
    /// <param name="nodes">The nodes, the one that was asked first.</param>
    /// <param name="given">How many threads each was given since it told of itself.</param>
    /// <param name="threadId">The thread.</param>
    /// <param name="profile">The name of its profile.</param>
    public static int? Choose(IReadOnlyList<NodeState> nodes, IReadOnlyList<int> given, string threadId, string profile)
    {
        var (best, bestOfFew) = (default(Candidate?), default(Candidate?));
        var thread = HashOf(threadId);
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

            var room = node.MaxProcesses - node.Profiles.Sum(one => one.Leased + one.Starting) - given[at];
            if (room <= 0)
            {
                continue;
            }

            var candidate = new Candidate(at, Math.Min(1, Parked(node, profile) - given[at]), room);
            best = candidate.Better(best);
            if (Mix(thread, (ulong)node.Epoch) % (ulong)nodes.Count < Few)
            {
                bestOfFew = candidate.Better(bestOfFew);
            }
        }

        return (bestOfFew is { Free: > 0 } ? bestOfFew : best)?.At;
    }

    // A profile has more than one kind of process, and their names begin with its.
    private static int Parked(NodeState node, string profile) =>
        node.Profiles.Where(one => one.Name.StartsWith(profile, StringComparison.OrdinalIgnoreCase)).Sum(one => one.Parked);

    // The same on every node and in every release: FNV-1a, and the finish of SplitMix64.
    private static ulong HashOf(string text) => text.Aggregate(14695981039346656037UL, (hash, letter) => (hash ^ letter) * 1099511628211UL);

    private static ulong Mix(ulong thread, ulong node)
    {
        var mixed = thread ^ (node * 0x9E3779B97F4A7C15UL);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
        return mixed ^ (mixed >> 31);
    }

    // Free is 1 where a process is parked, and below 0 where more were given than are parked: whoever comes next waits behind them.
    private readonly record struct Candidate(int At, int Free, int Room)
    {
        // Of equals the one that came first.
        public Candidate Better(Candidate? than) => than is not { } other || (Free, Room).CompareTo((other.Free, other.Room)) > 0 ? this : other;
    }
}
