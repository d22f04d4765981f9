using System.Diagnostics;
using System.Globalization;
using Pilotlight.Scale.Workload;

namespace Pilotlight.Scale.Report;

/// <summary>The runs of docs/scale.md, each a table or two.</summary>
internal sealed class Runs(IReadOnlyList<int> sizes, int seed, TextWriter output, TextWriter progress)
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    /// <summary>Their names, in the order in which they are run.</summary>
    public static IReadOnlyList<string> Names { get; } = ["hour", "burst", "monday", "faults", "load", "knowledge", "settings", "day"];

    /// <summary>The one that is of this machine, and tells something else each time.</summary>
    public const string Choice = "choice";

    /// <summary>Runs one by its name.</summary>
    public void Run(string name)
    {
        switch (name)
        {
            case "hour":
                Hour();
                break;
            case "burst":
                Both("A burst: eight times as many conversations begin for 30 seconds", EachSize(nodes => new Scenario
                {
                    Nodes = nodes,
                    Length = s_minute * 4,
                    Pattern = new Burst(s_minute * 1.5, s_minute / 2, 8),
                }));
                break;
            case "monday":
                Both("A Monday: from nobody to one and a half times the mean within ten minutes (30 minutes; of 1,000 nodes the first 8)", EachSize(nodes => new Scenario
                {
                    Nodes = nodes,
                    Length = s_minute * (nodes < 1000 ? 30 : 8),
                    CountFrom = TimeSpan.Zero,
                    Pattern = new Rush(s_minute * 10, 1.5),
                }));
                break;
            case "faults":
                Faults();
                break;
            case "load":
                Both("How much a node can bear: 100 nodes, steady", ((double[])[0.15, 0.3, 0.45, 0.6, 0.9, 1.2, 2.4]).Select(turns => (
                    string.Create(CultureInfo.InvariantCulture, $"{turns:0.00} turns a second and node"),
                    new Scenario { Nodes = 100, Length = s_minute * 15, CountFrom = s_minute * 5, TurnsPerNode = turns })), "asked");
                break;
            case "knowledge":
                Knowledge();
                break;
            case "settings":
                Settings();
                break;
            case Choice:
                Title("What a choice takes, the policy alone, on this machine");
                output.WriteLine(ChoiceCost.Table(sizes));
                break;
            case "day":
                Both("The recorded day", sizes.Take(1).Select(nodes => (nodes.ToString(CultureInfo.InvariantCulture), new Scenario
                {
                    Nodes = nodes,
                    Length = TimeSpan.FromDays(1),
                    Pattern = new RecordedDay(),
                })));
                break;
        }
    }

    private void Hour()
    {
        var runs = Simulate(EachSize(nodes => new Scenario { Nodes = nodes, Length = s_minute * (nodes < 1000 ? 58 : 8), Pattern = new RecordedHour() })).ToArray();
        Title("The recorded hour (of 1,000 nodes its first 8 minutes)");
        output.WriteLine(Tables.OfTurns("nodes", runs));
        output.WriteLine(Tables.OfNodes("nodes", runs));
        Title("Between nodes, in that hour");
        output.WriteLine(Tables.OfMessages(runs.Select(run => (run.Name, new BetweenNodes(
            Number(run.Name), run.Tally.HandedOver / run.Tally.Seconds, run.Tally.StreamedSeconds / run.Tally.Turns, run.Tally.HotOfNode.Mean)))));
        Title("On the database, in that hour");
        output.WriteLine(Tables.OfDatabase(runs.Select(run => (run.Name, new OnDatabase(
            Number(run.Name), run.Tally.TurnsPerSecond, (double)run.Tally.HandedOver / run.Tally.Turns, run.Tally.StreamedSeconds / run.Tally.Turns, run.Tally.Running.Mean)))));
    }

    private void Faults() => Both("Nodes that go", sizes.SelectMany(nodes => ((string, Scenario)[])
    [
        Of(nodes, "one crashes", new Scenario { Nodes = nodes, Length = s_minute * 3, Crash = (s_minute * 1.1, 1) }),
        Of(nodes, "a fifth crashes at once", new Scenario { Nodes = nodes, Length = s_minute * 3, Crash = (s_minute * 1.1, nodes / 5) }),
        Of(nodes, "each restarted, a twentieth at a time", new Scenario
        {
            Nodes = nodes,
            Length = s_minute * (nodes < 1000 ? 14 : 4),
            Restart = (s_minute * 1.1, Math.Max(1, nodes / 20)),
        }),
    ]));

    private void Knowledge() => Both("How old what nodes know of each other may be: 100 nodes, steady", ((double[])[0.1, 0.5, 1, 2, 2.9]).Select(seconds => (
        string.Create(CultureInfo.InvariantCulture, $"told every {seconds} s"),
        new Scenario { Nodes = 100, Length = s_minute * 10, Pulse = TimeSpan.FromSeconds(seconds) })), "pulses");

    private void Settings() => Both(
        "Settings and people: 100 nodes, steady",
        [
            Hundred("as it is", new Scenario { Nodes = 100, Length = TimeSpan.Zero }),
            Hundred("MinIdle 4", new Scenario { Nodes = 100, Length = TimeSpan.Zero, Size = Scenario.Machine(pool => pool.MinIdle = 4) }),
            Hundred("MinIdle 0", new Scenario { Nodes = 100, Length = TimeSpan.Zero, Size = Scenario.Machine(pool => pool.MinIdle = 0) }),
            Hundred("MaxConcurrentWarmUps 4", new Scenario { Nodes = 100, Length = TimeSpan.Zero, Size = Scenario.Machine(pool => pool.MaxConcurrentWarmUps = 4) }),
            Hundred("MaxHot 8, MaxProcesses 32, as shipped", new Scenario
            {
                Nodes = 100,
                Length = TimeSpan.Zero,
                Size = Scenario.Machine(pool => pool.MaxProcesses = 32, sessions => sessions.MaxHot = 8),
            }),
            Hundred("IdleTimeout 3 min", new Scenario { Nodes = 100, Length = TimeSpan.Zero, Size = Scenario.Machine(sessions: one => one.IdleTimeout = s_minute * 3) }),
            Hundred("IdleTimeout 30 min", new Scenario { Nodes = 100, Length = TimeSpan.Zero, Size = Scenario.Machine(sessions: one => one.IdleTimeout = s_minute * 30) }),
            Hundred("people think half as long", new Scenario { Nodes = 100, Length = TimeSpan.Zero, Thought = s_minute / 2 }),
            Hundred("people think five times as long", new Scenario { Nodes = 100, Length = TimeSpan.Zero, Thought = s_minute * 5 }),
        ],
        "what differs");

    private static (string Name, Scenario Scenario) Hundred(string name, Scenario scenario) =>
        (name, scenario with { Length = s_minute * 20, CountFrom = s_minute * 10 });

    private static (string Name, Scenario Scenario) Of(int nodes, string what, Scenario scenario) =>
        (string.Create(CultureInfo.InvariantCulture, $"{nodes:#,0}: {what}"), scenario);

    private IEnumerable<(string Name, Scenario Scenario)> EachSize(Func<int, Scenario> scenario) =>
        sizes.Select(nodes => (nodes.ToString("#,0", CultureInfo.InvariantCulture), scenario(nodes)));

    private static int Number(string name) => int.Parse(name, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private void Both(string title, IEnumerable<(string Name, Scenario Scenario)> scenarios, string first = "nodes")
    {
        var runs = Simulate(scenarios).ToArray();
        Title(title);
        output.WriteLine(Tables.OfTurns(first, runs));
        output.WriteLine(Tables.OfNodes(first, runs));
    }

    private void Title(string title) => output.WriteLine($"### {title}{Environment.NewLine}");

    private IEnumerable<(string Name, Tally Tally)> Simulate(IEnumerable<(string Name, Scenario Scenario)> scenarios)
    {
        foreach (var (name, scenario) in scenarios)
        {
            var began = Stopwatch.GetTimestamp();
            var run = Simulation.Run(scenario, seed);
            progress.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: {scenario.Length.TotalMinutes:0} min, {run.Tally.Turns:#,0} turns, {run.Choices:#,0} choices in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s"));
            yield return (name, run.Tally);
        }
    }
}
