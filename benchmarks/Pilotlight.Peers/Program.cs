using System.Globalization;
using System.Text.Json;
using Pilotlight.Peers;
using Pilotlight.Simulator;

// peers --cli PATH [--runs N] [--idle SECONDS] [--json FILE]: the wait for the first token, ours and what one would use instead,
// each in turn within a round, on one CLI against one simulator. The Agent SDK is run when node and its packages are there
// (npm ci --ignore-scripts --omit=optional in benchmarks/Pilotlight.Peers/node).
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

if (Option("--cli") is not { } cli || !File.Exists(cli))
{
    Console.Error.WriteLine("Usage: peers --cli PATH-OF-CLAUDE [--runs N] [--idle SECONDS] [--node FOLDER] [--json FILE]");
    return 2;
}

var runs = int.Parse(Option("--runs") ?? "7", CultureInfo.InvariantCulture);
var idle = TimeSpan.FromSeconds(double.Parse(Option("--idle") ?? "10", CultureInfo.InvariantCulture));
await using var simulator = await SimulatorServer.StartAsync();
var home = Directory.CreateTempSubdirectory("pilotlight-peers-");
var machine = new CliUnderTest(cli, simulator.BaseAddress.ToString().TrimEnd('/'), home.FullName);

await using var ours = await PilotlightPeer.StartAsync(machine);
await using var seed = new SeedPool(machine);
await using var sdk = AgentSdk.TryStart(machine, Option("--node") ?? Path.Combine(AppContext.BaseDirectory, "node"));
List<Contestant> contestants =
[
    new("claude -p", "a process for the message, prompt on stdin", () => ClaudePrint.RunAsync(machine)),
    new("seed, fresh", "two text-mode processes in a queue, taken a second after their start", () => seed.RunAsync(TimeSpan.FromSeconds(1))),
    new("seed, idle", $"the same after {idle.TotalSeconds:0} s without a message", () => seed.RunAsync(idle)),
    new("Pilotlight cold", "the library without a pool", ours.ColdAsync),
    new("Pilotlight warm", "the library, a new conversation on a parked process", () => ours.WarmAsync(TimeSpan.FromSeconds(1))),
    new("Pilotlight idle", $"the same after {idle.TotalSeconds:0} s without a message", () => ours.WarmAsync(idle)),
    new("Pilotlight hot", "the conversation's next turn", ours.HotAsync),
    new("Pilotlight replay 5", "a stored conversation of 5 turns on a parked process", () => ours.ReplayAsync(5)),
    new("Pilotlight replay 20", "a stored conversation of 20 turns on a parked process", () => ours.ReplayAsync(20)),
    new("Pilotlight ready ahead", "the conversation of 20 turns, made ready while the user typed", () => ours.AheadAsync(20)),
];
if (sdk is not null)
{
    contestants.AddRange(
    [
        new("SDK query", "the TypeScript Agent SDK, query()", () => sdk.RunAsync("query")),
        new("SDK startup", "startup(), then query()", () => sdk.RunAsync("startup")),
        new("SDK prewarm", "prewarm(), then claim()", () => sdk.RunAsync("prewarm")),
        new("SDK session", "the second message of a streaming session", () => sdk.RunAsync("session")),
    ]);
}
else
{
    Console.Error.WriteLine("The Agent SDK is left out: there is no node, or its packages are not installed.");
}

for (var run = -1; run < runs; run++)
{
    foreach (var contestant in contestants)
    {
        var took = await contestant.RunAsync();
        if (run >= 0)
        {
            // The first round warms caches of all kinds, on every side.
            contestant.Milliseconds.Add(took);
        }
    }

    Console.Error.WriteLine($"round {run + 1} of {runs}");
}

var cold = contestants[0].Median;
Console.WriteLine($"| | median ms | worst ms | than `claude -p` | |\n| --- | --- | --- | --- | --- |");
foreach (var row in contestants)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {row.Name} | {row.Median:0.0} | {row.Milliseconds.Max():0.0} | {cold / row.Median:0.0}x | {row.Explanation} |"));
}

Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"\nacquire alone after {idle.TotalSeconds:0} s of idleness, median: seed {seed.AcquireMedian(idle):0.00} ms, of which a living process {seed.Survived(idle)} times of {runs + 1}; Pilotlight {ours.AcquireMedian * 1000:0.0} µs"));
if (Option("--json") is { } file)
{
    await File.WriteAllTextAsync(file, JsonSerializer.Serialize(
        new { runs, idleSeconds = idle.TotalSeconds, contestants = contestants.Select(row => new { row.Name, row.Explanation, row.Median, row.Milliseconds }) },
        new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase }));
}

home.Delete(recursive: true);
return 0;
