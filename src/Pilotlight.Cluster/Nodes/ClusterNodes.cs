using Pilotlight.Core.Nodes;

namespace Pilotlight.Cluster.Nodes;

/// <summary>All nodes: this one as it is, the others as they told last. Safe for concurrent use.</summary>
internal sealed class ClusterNodes(ThisNode node, NodeName name, NodeTable others) : INodes
{
    public IReadOnlyList<NodeState> List() =>
    [
        node.Look() with { Address = name.Address },
        .. others.List().Select(known => known.State with { Address = known.Silo.Endpoint.ToString(), State = known.IsSilent ? "silent" : known.State.State })
            .OrderBy(state => state.Name, StringComparer.Ordinal),
    ];
}

/// <summary>What this node is called, and where it is reached.</summary>
/// <param name="Name">Its machine's name and its port.</param>
/// <param name="Address">Its address and port.</param>
internal sealed record NodeName(string Name, string Address);
