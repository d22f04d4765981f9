using Pilotlight.Scale.Nodes;
using Pilotlight.Scale.Workload;

namespace Pilotlight.Scale;

/// <summary>Nodes, people and a clock that jumps: one run of a scenario. The same seed is the same run, to the last turn.</summary>
internal sealed class Simulation
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(5);

    private readonly Scenario _scenario;
    private readonly VirtualTime _time = new();
    private readonly Cluster _cluster;
    private readonly Crowd _crowd;
    private readonly Turns _turns;
    private readonly Faults _faults;

    private Simulation(Scenario scenario, int seed)
    {
        // What is drawn for one thing does not change what is drawn for another: scenarios differ in what they say they differ in.
        var people = new People(new Random(seed), scenario.Thought);
        _scenario = scenario;
        _cluster = new Cluster(scenario, _time, new Random(seed + 1), new Random(seed + 3));
        _crowd = new Crowd(scenario, _time, people);
        _turns = new Turns(_cluster, _crowd, _time);
        _faults = new Faults(scenario, _cluster, _turns, _time, new Random(seed + 2));
    }

    /// <summary>What was counted.</summary>
    public Tally Tally => _cluster.Tally;

    /// <summary>Those who asked.</summary>
    public Crowd Crowd => _crowd;

    /// <summary>The nodes as they are at the end.</summary>
    public IReadOnlyList<Node> Nodes => _cluster.Nodes;

    /// <summary>Choices of a node that were made.</summary>
    public long Choices => _cluster.Placement.Choices;

    /// <summary>Runs a scenario.</summary>
    public static Simulation Run(Scenario scenario, int seed)
    {
        var run = new Simulation(scenario, seed);
        run.Begin();
        run._time.RunUntil(scenario.Length);
        run.Tally.Starts += run.Nodes.Sum(node => node.Pool.Starts);
        run.Tally.Seconds = (scenario.Length - scenario.CountFrom).TotalSeconds;
        return run;
    }

    private void Begin()
    {
        _crowd.BringPast(_cluster, _turns.Ask);
        _cluster.Begin();
        _crowd.Begin(_turns.Ask);
        _time.At(_scenario.CountFrom, () =>
        {
            _cluster.Tally = new Tally { Starts = -Nodes.Sum(node => node.Pool.Starts) };
            LookEachWhile();
        });
        _faults.Begin();
    }

    private void LookEachWhile()
    {
        foreach (var node in Nodes.Where(node => !node.IsGone))
        {
            Tally.Look(node);
        }

        _time.After(s_look, LookEachWhile);
    }
}
