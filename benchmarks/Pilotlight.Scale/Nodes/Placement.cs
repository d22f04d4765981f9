using Pilotlight.Claude;
using Pilotlight.Core.Nodes;
using Pilotlight.Scale.Workload;

namespace Pilotlight.Scale.Nodes;

/// <summary>Chooses nodes for conversations as <c>ThreadPlacement</c> does: by the product's own policy, with what the nodes told last.</summary>
/// <remarks>
/// Of the conversations that a node has told of, the policy is shown the one that is asked for alone: it asks for nothing else, and answers the same in a thousandth of the time.
/// </remarks>
internal sealed class Placement(IReadOnlyList<Node> nodes, VirtualTime time)
{
    // NodeTable.Silence.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(3);

    private readonly List<Node> _asked = [];
    private readonly List<NodeState> _states = [];
    private readonly List<int> _given = [];

    /// <summary>Choices that were made.</summary>
    public long Choices { get; private set; }

    /// <summary>The node that a conversation is to have, which from now on counts as given to it; null when none can take anything.</summary>
    public Node? Choose(Node asked, Conversation conversation)
    {
        Choices++;
        var hot = conversation.ToldHot.Where(node => node != asked && IsKnown(node)).ToArray();
        Show(asked, hot, [conversation.Id]);
        if (PlacementPolicy.Choose(_states, _given, conversation.Id, ClaudeOptions.ChatProfile) is not { } at)
        {
            return null;
        }

        asked.Given.Add(_asked[at].Place);
        return _asked[at];
    }

    /// <summary>Whether any other node has told of itself.</summary>
    public bool KnowsOthers(Node asked) => nodes.Any(node => node != asked && IsKnown(node));

    private void Show(Node asked, Node[] hot, IReadOnlyList<string> id)
    {
        _asked.Clear();
        _states.Clear();
        _given.Clear();
        _asked.Add(asked);
        _states.Add(asked.Look());
        foreach (var node in nodes)
        {
            if (node != asked && IsKnown(node))
            {
                _asked.Add(node);
                _states.Add(hot.Contains(node) ? node.Told with { Hot = id } : node.Told);
            }
        }

        var given = asked.Given.Count();
        foreach (var node in _asked)
        {
            _given.Add(given.Count > 0 ? given.GetValueOrDefault(node.Place) : 0);
        }
    }

    private bool IsKnown(Node node) => node.KnownGoneAt > time.Now && time.Now - s_silence <= node.ToldAt;
}
