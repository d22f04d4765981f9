namespace Pilotlight.Core.Nodes;

/// <summary>The servers that work as one, this one among them. Safe for concurrent use.</summary>
public interface INodes
{
    /// <summary>Each of them, this one first; what others tell of themselves is a second old.</summary>
    IReadOnlyList<NodeState> List();
}

/// <summary>This server alone.</summary>
internal sealed class OneNode(ThisNode node) : INodes
{
    public IReadOnlyList<NodeState> List() => [node.Look()];
}
