using System.Globalization;
using Pilotlight.Client;
using Pilotlight.Processes;
using Pilotlight.Tool.Client;
using Pilotlight.Tool.Serving;

namespace Pilotlight.Tool.Bench;

/// <summary>Turns after a silence: of conversations that were hot, and of processes that were parked. All of a run wait side by side.</summary>
internal sealed class PauseRows
{
    private readonly int _runs;
    private readonly (TimeSpan Pause, Series Hot, Series Parked)[] _pauses;

    public PauseRows(IEnumerable<TimeSpan> pauses, int runs)
    {
        // Twice as many processes wait for each pause.
        _runs = Math.Min(runs, 5);
        _pauses = [.. pauses.Order().Select(pause => (
            pause,
            Row("hot", WayKind.Hot, pause, "the next turn of a thread that was silent for so long"),
            Row("warm", WayKind.Warm, pause, "a new thread on a process that was parked for so long")))];
    }

    public IEnumerable<Series> Series => _pauses.SelectMany(pause => new[] { pause.Hot, pause.Parked });

    public async Task RunAsync(string cli, Action<string> progress, CancellationToken cancellationToken)
    {
        var count = _runs * _pauses.Length;
        var folder = Directory.CreateTempSubdirectory("pilotlight-bench-");

        // Room for exactly those that wait: a process that was taken is not replaced by one that has not waited.
        await using (var server = await GatewayServer.StartAsync(
            new ServeSettings(
                "http://127.0.0.1:0", folder.FullName, Simulate: true,
                [
                    Setting("Pool:MinIdle", count), Setting("Pool:MaxIdle", count), Setting("Pool:MaxProcesses", 2 * count),
                    Setting("Sessions:MaxHot", 2 * count), "--Pilotlight:Sessions:IdleTimeout=1.00:00:00", "--Pilotlight:Pool:MaxAge=1.00:00:00",
                ],
                IsQuiet: true,
                cli),
            cancellationToken))
        {
            using var client = Gateways.Open(server.Addresses[0]);
            await WaitAndAskAsync(client, server.Services.GetRequiredService<WarmPool>(), progress, cancellationToken);
        }

        folder.Delete(recursive: true);
    }

    private async Task WaitAndAskAsync(PilotlightClient client, WarmPool pool, Action<string> progress, CancellationToken cancellationToken)
    {
        progress("pauses: conversations");
        var threads = new Queue<string>();
        for (var i = 0; i < _runs * _pauses.Length; i++)
        {
            var thread = (await client.CreateThreadAsync(cancellationToken: cancellationToken)).Id;
            threads.Enqueue(thread);
            for (var turn = 0; turn < 2; turn++)
            {
                await BenchRig.TurnAsync(client, thread, Benchmark.Question, null, cancellationToken);
            }
        }

        await BenchRig.UntilAsync(pool, () => pool.GetSnapshot().Profiles is [{ Starting: 0 } chat, ..] && chat.Parked >= chat.Target, "No process came to be parked", cancellationToken);
        var waited = TimeSpan.Zero;
        foreach (var (pause, hot, parked) in _pauses)
        {
            progress($"a silence of {Describe(pause)}");
            await Task.Delay(pause - waited, cancellationToken);
            waited = pause;
            for (var run = 0; run < _runs; run++)
            {
                hot.Samples.Add(await BenchRig.TurnAsync(client, threads.Dequeue(), Benchmark.Question, "hot", cancellationToken));
                var thread = (await client.CreateThreadAsync(cancellationToken: cancellationToken)).Id;
                parked.Samples.Add(await BenchRig.TurnAsync(client, thread, Benchmark.Question, "warm", cancellationToken));
            }
        }
    }

    private static string Setting(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"--Pilotlight:{name}={value}");

    private static Series Row(string way, WayKind kind, TimeSpan pause, string explanation) => new($"{way} after {Describe(pause)}", kind, explanation) { Idle = Describe(pause) };

    private static string Describe(TimeSpan pause) => string.Create(
        CultureInfo.InvariantCulture, $"{(pause.TotalMinutes >= 1 ? $"{pause.TotalMinutes:0.#} min" : $"{pause.TotalSeconds:0.#} s")}");
}
