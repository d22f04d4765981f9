using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Tool.Bench;

namespace Pilotlight.Processes.Benchmarks;

/// <summary>
/// What it saves to freeze a parked CLI, and what its first turn then costs, in turn with one that is not frozen.
/// </summary>
internal static class FreezeBenchmark
{
    private const int Parked = 4;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(string cli, int rounds, TimeSpan idle)
    {
        await using var simulator = await SimulatorServer.StartAsync();
        var home = Directory.CreateTempSubdirectory("pilotlight-freeze-");
        var api = simulator.BaseAddress.ToString().TrimEnd('/');
        var (awake, frozen) = (Build(cli, api, home.FullName, null), Build(cli, api, home.FullName, TimeSpan.FromSeconds(1)));
        await awake.StartAsync();
        await frozen.StartAsync();
        await ReadyAsync(awake, isFrozen: false);
        await ReadyAsync(frozen, isFrozen: true);
        await Task.Delay(Settle);

        Console.WriteLine($"{Parked} parked processes of each kind, {idle.TotalSeconds:0} s:");
        var before = (Awake: Cost(awake), Frozen: Cost(frozen));
        await Task.Delay(idle);
        Print("running", before.Awake, Cost(awake), idle);
        Print("frozen", before.Frozen, Cost(frozen), idle);

        var (warm, thawed) = (new List<double>(), new List<double>());
        for (var round = -1; round < rounds; round++)
        {
            await ReadyAsync(awake, isFrozen: false);
            await ReadyAsync(frozen, isFrozen: true);
            await Task.Delay(Settle);
            var (one, other) = (await AskAsync(awake, round), await AskAsync(frozen, round));
            if (round >= 0)
            {
                warm.Add(one);
                thawed.Add(other);
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"first token of a new conversation, {rounds} rounds: running {Quantiles.Median(warm):0.0} ms median, "
            + $"{warm.Max():0.0} worst; frozen {Quantiles.Median(thawed):0.0} ms median, {thawed.Max():0.0} worst"));
        foreach (var host in (IHost[])[awake, frozen])
        {
            await host.StopAsync();
            host.Dispose();
        }

        home.Delete(recursive: true);
    }

    private static IHost Build(string cli, string api, string home, TimeSpan? freezeAfter)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddClaudeCode(
            claude => (claude.Path, claude.BaseUrl, claude.HomeDirectory, claude.ApiKey) = (cli, api, home, "simulated"));
        builder.Services.Configure<WarmPoolOptions>(
            pool => (pool.MinIdle, pool.MaxIdle, pool.FreezeAfter) = (Parked, Parked, freezeAfter));
        return builder.Build();
    }

    private static ProcessSnapshot[] Processes(IHost host) =>
    [
        .. host.Services.GetRequiredService<WarmPool>().GetSnapshot(withMemory: true).Profiles
            .SelectMany(row => row.Processes).Where(row => !row.IsLeased),
    ];

    private static async Task ReadyAsync(IHost host, bool isFrozen)
    {
        while (Processes(host) is not { Length: Parked } rows || (isFrozen && !rows.All(row => Stat(row.ProcessId) is ["T", ..])))
        {
            await Task.Delay(50);
        }
    }

    // Processor time in seconds, wake-ups, and bytes, of all that are parked.
    private static (double Processor, long Switches, long Memory) Cost(IHost host)
    {
        var (processor, switches, memory) = (0.0, 0L, 0L);
        foreach (var row in Processes(host))
        {
            var stat = Stat(row.ProcessId);
            const double TicksPerSecond = 100;
            var ticks = long.Parse(stat[11], CultureInfo.InvariantCulture) + long.Parse(stat[12], CultureInfo.InvariantCulture);
            processor += ticks / TicksPerSecond;
            switches += Directory.EnumerateDirectories($"/proc/{row.ProcessId}/task").Sum(Switches);
            memory += row.MemoryBytes ?? 0;
        }

        return (processor, switches, memory);
    }

    private static long Switches(string task) => File.ReadLines(task + "/status")
        .Where(line => line.Contains("ctxt_switches", StringComparison.Ordinal))
        .Sum(line => long.Parse(line.Split(':')[1], CultureInfo.InvariantCulture));

    // From the state on; the name before it may hold anything.
    private static string[] Stat(int processId)
    {
        var text = File.ReadAllText($"/proc/{processId}/stat");
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static void Print(
        string name,
        (double Processor, long Switches, long Memory) before,
        (double Processor, long Switches, long Memory) after,
        TimeSpan idle) =>
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {name,-8} {(after.Processor - before.Processor) / idle.TotalSeconds / Parked * 1000:0.00} ms of processor and "
            + $"{(after.Switches - before.Switches) / idle.TotalSeconds / Parked:0.0} context switches a second each, "
            + $"{after.Memory / Parked / 1048576.0:0.0} MiB each"));

    private static async Task<double> AskAsync(IHost host, int round)
    {
        var conversation = new Conversation { Id = $"freeze-{round}" };
        var startedAt = Stopwatch.GetTimestamp();
        double? first = null;
        await foreach (var turnEvent in host.Services.GetRequiredService<IClaudeConversations>().RunTurnAsync(
            conversation, [new UserText("Say something short.")], CancellationToken.None))
        {
            switch (turnEvent)
            {
                case TurnStarted { Source: not AcquireSource.Warm } started:
                    throw new InvalidOperationException(
                        $"The turn was {started.Source}: the figure would be told under the wrong name.");
                case TextDelta:
                    first ??= Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
                    break;
                case TurnFailed failed:
                    throw new InvalidOperationException(failed.Error.Message);
            }
        }

        return first ?? throw new InvalidOperationException("The answer had no text.");
    }
}
