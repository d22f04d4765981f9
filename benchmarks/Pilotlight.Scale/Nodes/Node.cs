using Pilotlight.Claude;
using Pilotlight.Core.Nodes;
using Pilotlight.Processes;
using Pilotlight.Scale.Workload;

namespace Pilotlight.Scale.Nodes;

/// <summary>A node, from its start to its end; what is started again is another one.</summary>
internal sealed class Node
{
    private readonly string _name;
    private readonly long _epoch;
    private readonly WarmPoolOptions _options;

    public Node(int place, NodeSize size, VirtualTime time, long epoch)
    {
        (Place, _options, _epoch, _name) = (place, size.Pool, epoch, $"node-{place}:11111");
        Processor = new Processor(time, size.Cores);
        Pool = new SimulatedPool(size.Pool, time, Processor);
        Hot = new HotConversations(size.Sessions, time, Pool);
        Given = new RecentlyGiven<int>(time);
        Told = Look();
    }

    /// <summary>Its place among the nodes.</summary>
    public int Place { get; }

    public Processor Processor { get; }

    public SimulatedPool Pool { get; }

    public HotConversations Hot { get; }

    /// <summary>What it has given to others, and to itself.</summary>
    public RecentlyGiven<int> Given { get; }

    /// <summary>Turns in progress.</summary>
    public HashSet<Turn> Running { get; } = [];

    /// <summary>Whether it stops, and takes no new turns.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Whether it is no more.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Whether it takes requests.</summary>
    public bool IsOpen => !IsGone && !IsDraining;

    /// <summary>When the others know that it is no more.</summary>
    public TimeSpan KnownGoneAt { get; private set; } = TimeSpan.MaxValue;

    /// <summary>What it told the others last.</summary>
    public NodeState Told { get; private set; }

    /// <summary>When it did; never yet is before all time.</summary>
    public TimeSpan ToldAt { get; private set; } = TimeSpan.MinValue;

    /// <summary>How many turns it takes at a time, those that wait for a process included.</summary>
    public int MaxRunning => Math.Min(256, _options.MaxProcesses + _options.MaxWaiting);

    /// <summary>Memory of its processes and itself, MiB.</summary>
    public double MiB => Costs.GatewayMiB + ((Pool.Idle + Pool.Starting) * Costs.ParkedMiB) + (Pool.Leased * Costs.HotMiB);

    /// <summary>It, as it is now. The conversations that have a process are not listed: who asks for one is told of that one alone.</summary>
    public NodeState Look() => new(
        _name, IsDraining ? "draining" : "active", "", DateTimeOffset.UnixEpoch, Running.Count,
        [new NodeProfile(ClaudeOptions.ChatProfile, Pool.Idle, Pool.Starting, Pool.Leased, Hot.Count, Pool.Target, _options.MaxIdle, Pool.WarmHits, Pool.ColdStarts, "ready", null)], [])
    {
        Epoch = _epoch,
        MaxProcesses = _options.MaxProcesses,
    };

    /// <summary>A process for a conversation that has none, whose place another one gives up where there is no room.</summary>
    public void Acquire(Action<Acquired> served)
    {
        Hot.MakeRoom();
        var isServed = false;
        Pool.Acquire(how =>
        {
            isServed = true;
            served(how);
        });
        if (!isServed)
        {
            Hot.GiveWay();
        }
    }

    /// <summary>What runs has changed: its cores have more or less to do besides their jobs.</summary>
    public void Load() => Processor.Taken = (Pool.Up * Costs.SilentCores) + (Running.Count(turn => turn.IsStreaming) * Costs.StreamingCores);

    /// <summary>Tells the others.</summary>
    public void Tell(TimeSpan now) => (Told, ToldAt) = (Look(), now);

    /// <summary>It is no more, and so is all that it had.</summary>
    public void End(TimeSpan knownAt)
    {
        (IsGone, KnownGoneAt) = (true, knownAt);
        Pool.Close();
        Hot.Close();
        Processor.Clear();
        Running.Clear();
    }
}

/// <summary>What a node has and may.</summary>
/// <param name="Cores">Its cores.</param>
/// <param name="Pool">Its pool's settings.</param>
/// <param name="Sessions">How long conversations keep their processes.</param>
internal sealed record NodeSize(double Cores, WarmPoolOptions Pool, ClaudeSessionOptions Sessions);

/// <summary>A turn in progress, on a node.</summary>
internal sealed class Turn(Conversation conversation, TimeSpan askedAt)
{
    public Conversation Conversation => conversation;

    /// <summary>When it was asked.</summary>
    public TimeSpan AskedAt => askedAt;

    /// <summary>Whether its answer comes.</summary>
    public bool IsStreaming { get; set; }
}
