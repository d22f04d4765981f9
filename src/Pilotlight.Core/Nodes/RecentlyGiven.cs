using System.Runtime.InteropServices;

namespace Pilotlight.Core.Nodes;

/// <summary>How many threads each node was given so recently that it has not told of them.</summary>
/// <typeparam name="TNode">What a node is known by.</typeparam>
/// <remarks>Not safe for concurrent use: of many choices at once each must know of those before it, so whoever chooses holds a lock around it.</remarks>
internal sealed class RecentlyGiven<TNode>(TimeProvider time)
    where TNode : notnull
{
    // As long as a node takes to tell that it has been given something.
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Queue<(TNode Node, long At)> _given = new();
    private readonly Dictionary<TNode, int> _counts = [];

    /// <summary>The nodes that were given something, and how much. Holds until the next call.</summary>
    public IReadOnlyDictionary<TNode, int> Count()
    {
        while (_given.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > Fresh)
        {
            _given.Dequeue();
            if (--CollectionsMarshal.GetValueRefOrAddDefault(_counts, oldest.Node, out _) == 0)
            {
                _counts.Remove(oldest.Node);
            }
        }

        return _counts;
    }

    /// <summary>A node was given a thread.</summary>
    public void Add(TNode node)
    {
        _given.Enqueue((node, time.GetTimestamp()));
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, node, out _)++;
    }
}
