namespace Pilotlight.Scale.Nodes;

/// <summary>The nodes that there are, each of which tells the others of itself, and the balancer in front of them.</summary>
internal sealed class Cluster
{
    private readonly Scenario _scenario;
    private readonly VirtualTime _time;
    private readonly Random _balance;
    private readonly Random _phases;
    private readonly List<Node> _nodes = [];
    private long _epochs;

    public Cluster(Scenario scenario, VirtualTime time, Random balance, Random phases)
    {
        (_scenario, _time, _balance, _phases) = (scenario, time, balance, phases);
        for (var place = 0; place < scenario.Nodes; place++)
        {
            _nodes.Add(new Node(place, scenario.Size, time, ++_epochs));
        }

        Placement = new Placement(_nodes, time);
    }

    /// <summary>The nodes, by their places; one that is gone until another comes in its place.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>What chooses nodes for conversations.</summary>
    public Placement Placement { get; }

    /// <summary>What is counted.</summary>
    public Tally Tally { get; set; } = new();

    /// <summary>From now on each tells of itself, at moments of its own.</summary>
    public void Begin() => _nodes.ForEach(Announce);

    /// <summary>Any node.</summary>
    public Node Any() => _nodes[_balance.Next(_nodes.Count)];

    /// <summary>A node that takes requests, at random, as a balancer without stickiness gives it; null when none does.</summary>
    public Node? Balance()
    {
        for (var tries = 0; tries < 20; tries++)
        {
            if (Any() is { IsOpen: true } node)
            {
                return node;
            }
        }

        return _nodes.FirstOrDefault(node => node.IsOpen);
    }

    /// <summary>Ends a node; another comes in its place after a while. Returns the turns that ran on it.</summary>
    public IReadOnlyList<Turn> End(Node node, TimeSpan knownAfter, TimeSpan awayFor)
    {
        var running = node.Running.ToArray();
        Tally.Starts += node.Pool.Starts;
        node.End(_time.Now + knownAfter);
        _time.After(awayFor, () =>
        {
            var next = new Node(node.Place, _scenario.Size, _time, ++_epochs);
            next.Pool.Begin(0, 0);
            _nodes[node.Place] = next;
            Announce(next);
        });
        return running;
    }

    private void Announce(Node node) => _time.After(_scenario.Pulse * _phases.NextDouble(), () => Pulse(node));

    private void Pulse(Node node)
    {
        if (!node.IsGone)
        {
            node.Tell(_time.Now);
            _time.After(_scenario.Pulse, () => Pulse(node));
        }
    }
}
