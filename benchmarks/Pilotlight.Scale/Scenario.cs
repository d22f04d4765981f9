using Pilotlight.Claude;
using Pilotlight.Processes;
using Pilotlight.Scale.Nodes;
using Pilotlight.Scale.Workload;

namespace Pilotlight.Scale;

/// <summary>What is simulated.</summary>
internal sealed record Scenario
{
    /// <summary>How many nodes.</summary>
    public required int Nodes { get; init; }

    /// <summary>When it ends.</summary>
    public required TimeSpan Length { get; init; }

    /// <summary>How conversations begin.</summary>
    public IPattern Pattern { get; init; } = new Steady();

    /// <summary>What counts, from when on.</summary>
    public TimeSpan CountFrom { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Turns a second and node on average.</summary>
    public double TurnsPerNode { get; init; } = 0.3;

    /// <summary>Half of the pauses are shorter.</summary>
    public TimeSpan Thought { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a node tells the others what it is like; the product's is half a second.</summary>
    public TimeSpan Pulse { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The node.</summary>
    public NodeSize Size { get; init; } = Machine();

    /// <summary>How often a node crashes: 5,000 in a year of 2,400 machines (Barroso 2010, in Hennessy and Patterson, figure 6.1).</summary>
    public TimeSpan CrashEvery { get; init; } = TimeSpan.FromDays(365) * 2400 / 5000;

    /// <summary>When so many nodes crash at once; null for never.</summary>
    public (TimeSpan At, int Nodes)? Crash { get; init; }

    /// <summary>When nodes are restarted one after the other, so many at a time; null for never.</summary>
    public (TimeSpan At, int AtOnce)? Restart { get; init; }

    /// <summary>A machine of 8 cores and 32 GiB, set up for 160 processes and 128 conversations.</summary>
    public static NodeSize Machine(Action<WarmPoolOptions>? pool = null, Action<ClaudeSessionOptions>? sessions = null)
    {
        var (poolOptions, sessionOptions) = (new WarmPoolOptions { MaxProcesses = 160 }, new ClaudeSessionOptions { MaxHot = 128 });
        pool?.Invoke(poolOptions);
        sessions?.Invoke(sessionOptions);
        return new NodeSize(8, poolOptions, sessionOptions);
    }
}
