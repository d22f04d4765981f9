using Pilotlight.Scale.Nodes;

namespace Pilotlight.Scale.Workload;

/// <summary>One conversation: what is left of it, and where its processes are and were.</summary>
internal sealed class Conversation(int number, int turns)
{
    private readonly List<Residency> _residencies = [];

    /// <summary>What it is called among the nodes.</summary>
    public string Id { get; } = $"thr_{number:x32}";

    /// <summary>Turns that are still to come, the one that runs included.</summary>
    public int Left { get; set; } = turns;

    /// <summary>Turns that have ended as they should.</summary>
    public int Heard { get; set; }

    /// <summary>The node that has its grain; null when none has.</summary>
    public Node? Owner { get; set; }

    /// <summary>When its owner was last asked for it.</summary>
    public TimeSpan OwnerUsedAt { get; set; }

    /// <summary>The node that ran its last turn.</summary>
    public Node? LastNode { get; set; }

    /// <summary>A process of a node is its from now on.</summary>
    public Residency MoveIn(Node node, TimeSpan now)
    {
        // What has ended so long ago is told by nobody any more.
        _residencies.RemoveAll(one => one.Until < now - TimeSpan.FromMinutes(1));
        var residency = new Residency(node, now);
        _residencies.Add(residency);
        return residency;
    }

    /// <summary>The nodes that had a process of it when they last told of themselves.</summary>
    public IEnumerable<Node> ToldHot => _residencies.Where(one => one.Since <= one.Node.ToldAt && one.Until > one.Node.ToldAt).Select(one => one.Node);

    /// <summary>Whether a node has a process of it now.</summary>
    public bool IsHotAnywhere => _residencies.Any(one => one.Until == TimeSpan.MaxValue);
}

/// <summary>A time in which a node has a process of a conversation.</summary>
internal sealed class Residency(Node node, TimeSpan since)
{
    public Node Node => node;

    public TimeSpan Since => since;

    public TimeSpan Until { get; set; } = TimeSpan.MaxValue;
}
