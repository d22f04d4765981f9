using System.Collections.Concurrent;
using Orleans.Runtime;
using Pilotlight.Core.Nodes;

namespace Pilotlight.Cluster.Nodes;

/// <summary>Another node, as it told of itself last.</summary>
/// <param name="Silo">Where it is.</param>
/// <param name="State">What it told.</param>
/// <param name="IsSilent">Whether that is so long ago that it is asked for nothing.</param>
internal sealed record KnownNode(SiloAddress Silo, NodeState State, bool IsSilent);

/// <summary>What the other nodes told of themselves last. Safe for concurrent use.</summary>
/// <remarks>One that has not told anything for some seconds is asked for nothing, long before it is declared dead: whoever waits for an answer should not wait for that.</remarks>
internal sealed class NodeTable(TimeProvider time)
{
    /// <summary>How long what a node told holds.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    // Two of the times at which it tells.
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<SiloAddress, (NodeState State, long At)> _told = new();
    private readonly ConcurrentDictionary<SiloAddress, long> _doubted = new();
    private readonly ConcurrentDictionary<SiloAddress, byte> _gone = new();

    /// <summary>All of them.</summary>
    public IReadOnlyList<KnownNode> List() => [.. _told.Select(one => new KnownNode(one.Key, one.Value.State, IsSilent(one.Key, one.Value.At)))];

    /// <summary>Those that did not answer, or have missed a time to tell of themselves.</summary>
    public IReadOnlyList<SiloAddress> ListQuiet() =>
        [.. _told.Where(one => _doubted.ContainsKey(one.Key) || time.GetElapsedTime(one.Value.At) > Quiet).Select(one => one.Key)];

    /// <summary>A node has told of itself.</summary>
    public void Told(SiloAddress silo, NodeState state)
    {
        if (_gone.ContainsKey(silo))
        {
            return; // It was declared dead, and does not know yet; a start anew has another address.
        }

        _told[silo] = (state, time.GetTimestamp());
        _doubted.TryRemove(silo, out _);
    }

    /// <summary>A node has not answered in time: it is asked for nothing more until it tells of itself.</summary>
    public void Doubt(SiloAddress silo) => _doubted[silo] = time.GetTimestamp();

    /// <summary>The node of an epoch, if it is there and can be asked; else null.</summary>
    public KnownNode? FindEpoch(long epoch) => List().FirstOrDefault(node => node.State.Epoch == epoch && epoch != 0 && !node.IsSilent);

    /// <summary>Forgets a node that is gone, and returns what it told last; null when nothing was known of it.</summary>
    public NodeState? TryForget(SiloAddress silo)
    {
        _gone[silo] = 0;
        _doubted.TryRemove(silo, out _);
        return _told.TryRemove(silo, out var last) ? last.State : null;
    }

    private bool IsSilent(SiloAddress silo, long toldAt) => _doubted.ContainsKey(silo) || time.GetElapsedTime(toldAt) > Silence;
}
