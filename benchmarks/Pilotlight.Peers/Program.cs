using System.Globalization;
using System.Text;
using System.Text.Json;
using Pilotlight.Peers;
using Pilotlight.Simulator;
using Pilotlight.Tool.Bench;

// peers --cli PATH [--runs N] [--idle SECONDS] [--network MS] [--pause MINUTES,…] [--burst N,…] [--json FILE] [--markdown FILE] [--svg FILE]: the wait for the first
// token, ours and what one would use instead, each in turn within a round, on one CLI against one simulator; with --network that is so far away, behind TLS. With
// --pause and --burst those alone are measured, ours beside the Agent SDK. The Agent SDK is run when node and its packages are there
// (npm ci --ignore-scripts --omit=optional in benchmarks/Pilotlight.Peers/node).
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

if (Option("--cli") is not { } cli || !File.Exists(cli))
{
    Console.Error.WriteLine("Usage: peers --cli PATH-OF-CLAUDE [--runs N] [--idle SECONDS] [--network MS] [--pause MINUTES,…] [--burst N,…] [--node FOLDER] [--json FILE] [--markdown FILE] [--svg FILE]");
    return 2;
}

var runs = int.Parse(Option("--runs") ?? "7", CultureInfo.InvariantCulture);
var idle = TimeSpan.FromSeconds(double.Parse(Option("--idle") ?? "10", CultureInfo.InvariantCulture));
double[] Numbers(string name) => [.. (Option(name) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
var (pauses, bursts, roundTrip) = (Numbers("--pause"), Numbers("--burst"), Numbers("--network"));
await using var simulator = await SimulatorServer.StartAsync(
    new SimulatorOptions { Https = roundTrip.Length > 0, RoundTrip = TimeSpan.FromMilliseconds(roundTrip.FirstOrDefault()) });
var home = Directory.CreateTempSubdirectory("pilotlight-peers-");
string? trusted = null;
if (simulator.CertificatePem is { } certificate)
{
    trusted = Path.Combine(home.FullName, "trusted.pem");
    await File.WriteAllTextAsync(trusted, certificate);
    Environment.SetEnvironmentVariable("SSL_CERT_FILE", trusted);
}

var machine = new CliUnderTest(cli, simulator.BaseAddress.ToString().TrimEnd('/'), home.FullName, trusted);

await using var sdk = AgentSdk.TryStart(machine, Option("--node") ?? Path.Combine(AppContext.BaseDirectory, "node"));
if (pauses.Length + bursts.Length > 0)
{
    return await MomentsAsync();
}

await using var ours = await PilotlightPeer.StartAsync(machine);
await using var gateway = await GatewayPeer.StartAsync(machine);
using var http = new PlainHttp(simulator.BaseAddress);
await using var seed = new SeedPool(machine);
List<Contestant> contestants =
[
    new("claude -p", "cold", "a process for the message, prompt on stdin", () => ColdPrint.RunAsync(machine)),
    new("seed, fresh", "other", "two text-mode processes in a queue, taken a second after their start", () => seed.RunAsync(TimeSpan.FromSeconds(1))),
    new("seed, idle", "other", $"the same after {idle.TotalSeconds:0} s without a message", () => seed.RunAsync(idle)),
    new("Pilotlight cold", "cold", "the library without a pool", ours.ColdAsync),
    new("Pilotlight warm", "warm", "the library, a new conversation on a parked process", () => ours.WarmAsync(TimeSpan.FromSeconds(1))),
    new("Pilotlight idle", "warm", $"the same after {idle.TotalSeconds:0} s without a message", () => ours.WarmAsync(idle)),
    new("Pilotlight hot", "hot", "the conversation's next turn", ours.HotAsync),
    new("Pilotlight replay 5", "stored", "a stored conversation of 5 turns on a parked process", () => ours.ReplayAsync(5)),
    new("Pilotlight replay 20", "stored", "a stored conversation of 20 turns on a parked process", () => ours.ReplayAsync(20)),
    new("Pilotlight ready ahead", "warm", "the conversation of 20 turns, made ready while the user typed", () => ours.AheadAsync(20)),
    new("Pilotlight warm, HTTP", "warm", "the gateway, a new thread, stored", gateway.WarmAsync),
    new("Pilotlight hot, HTTP", "hot", "the gateway, the thread's next turn, stored", gateway.HotAsync),
    new("HTTP", "floor", "the simulated API by plain HTTP: the floor", async () => (await http.RunAsync(CliUnderTest.Question, CancellationToken.None)).FirstTokenMs),
];
if (sdk is not null)
{
    contestants.AddRange(
    [
        new("SDK query", "other", "the TypeScript Agent SDK, query()", () => sdk.RunAsync("query")),
        new("SDK startup", "other", "startup(), then query()", () => sdk.RunAsync("startup")),
        new("SDK prewarm", "other", "prewarm(), then claim()", () => sdk.RunAsync("prewarm")),
        new("SDK session", "other", "the second message of a streaming session", () => sdk.RunAsync("session")),
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
var table = new StringBuilder("| | median | p95 | than `claude -p` | |\n| --- | --: | --: | --: | --- |\n");
foreach (var row in contestants)
{
    table.AppendLine(
        CultureInfo.InvariantCulture,
        $"| {row.Name} | {row.Median:0.0} ms | {Quantiles.P95(row.Milliseconds):0.0} | {cold / row.Median:0.0}x | {row.Explanation} |");
}

var description = await Machine.DescribeAsync(cli, CancellationToken.None);
table.AppendLine(
    CultureInfo.InvariantCulture,
    $"\nTaking a process, after {idle.TotalSeconds:0} s without a message: the seed's design {seed.AcquireMedian(idle):0.00} ms, and it lived in {seed.Survived(idle)} of {runs + 1} runs; ours {ours.AcquireMedian * 1000:0.0} µs. {runs} rounds, each in turn, on {description}.");
Console.Write(table);
if (Option("--json") is { } file)
{
    await File.WriteAllTextAsync(file, JsonSerializer.Serialize(
        new
        {
            unit = "ms to the first token",
            runs,
            idleSeconds = idle.TotalSeconds,
            machine = description,
            contestants = contestants.Select(row => new { row.Name, row.Explanation, row.Median, p95 = Quantiles.P95(row.Milliseconds), ratio = cold / row.Median, row.Milliseconds }),
        },
        new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase }));
}

if (Option("--markdown") is { } markdown)
{
    await File.WriteAllTextAsync(markdown, table.ToString());
}

if (Option("--svg") is { } picture)
{
    await File.WriteAllTextAsync(picture, Plots.Strips([.. contestants.Select(row => new PlotRow(row.Name, row.Style, row.Milliseconds))]).ToFile("Time to the first token, ours and others'"));
}

home.Delete(recursive: true);
return 0;

async Task<int> MomentsAsync()
{
    if (sdk is null)
    {
        Console.Error.WriteLine("--pause and --burst are beside the Agent SDK: install node, and its packages in benchmarks/Pilotlight.Peers/node.");
        return 1;
    }

    List<Contestant> rows = pauses.Length == 0 ? [] : [.. await Moments.SilencesAsync(machine, sdk, [.. pauses.Select(TimeSpan.FromMinutes)], runs, Console.Error.WriteLine)];
    foreach (var size in bursts)
    {
        rows.AddRange(await Moments.BurstsAsync(machine, sdk, (int)size, runs, Console.Error.WriteLine));
    }

    var moments = new StringBuilder("| | median | p95 | |\n| --- | --: | --: | --- |\n");
    foreach (var row in rows)
    {
        moments.AppendLine(CultureInfo.InvariantCulture, $"| {row.Name} | {row.Median:0.0} ms | {Quantiles.P95(row.Milliseconds):0.0} | {row.Explanation} |");
    }

    moments.AppendLine(CultureInfo.InvariantCulture, $"\n{runs} rounds, each in turn, on {await Machine.DescribeAsync(cli, CancellationToken.None)}.");
    Console.Write(moments);
    if (Option("--markdown") is { } saved)
    {
        await File.WriteAllTextAsync(saved, moments.ToString());
    }

    return 0;
}
