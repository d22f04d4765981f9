using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>CLI processes that die at random moments of turns.</summary>
internal static class CliCrashes
{
    private const int Clients = 6;

    private static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Youth = TimeSpan.FromSeconds(15);

    /// <returns>0 when every turn had exactly one end, in time, and those that failed were told as a crash.</returns>
    public static async Task<int> RunAsync(int turns, TimeLimit limit)
    {
        await using var rig = await GatewayRig.CreateAsync();
        await using var gateway = await rig.StartAsync("--Pilotlight:Pool:MaxProcesses=16");
        var ends = new ConcurrentDictionary<string, int>();
        var (done, bad, late, killed) = (0, 0, 0, 0);
        using var stop = new CancellationTokenSource();
        var killer = KillAsync();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => ClientAsync()));
        await stop.CancelAsync();
        await killer;
        Console.WriteLine(
            $"{done} turns while {killed} CLI processes were killed, in {limit.Elapsed.TotalSeconds:0} s: {bad} without exactly one end, {late} later than {LongestTurn.TotalSeconds:0} s; ends: "
            + string.Join(", ", ends.OrderByDescending(end => end.Value).Select(end => $"{end.Value} {end.Key}")));
        return bad + late == 0 && done >= turns && ends.Keys.All(end => end is "turn.completed" || end.EndsWith("cli-crashed", StringComparison.Ordinal)) ? 0 : 1;

        async Task ClientAsync()
        {
            var thread = await gateway.CreateThreadAsync(CancellationToken.None);
            while (Volatile.Read(ref done) < turns && !limit.IsOver)
            {
                var startedAt = TimeProvider.System.GetTimestamp();
                var events = await gateway.TurnAsync(thread, "[[sim words=40 rate=100]]", CancellationToken.None).ToListAsync();
                Interlocked.Add(ref late, TimeProvider.System.GetElapsedTime(startedAt) > LongestTurn ? 1 : 0);
                var last = events.Where(item => item.IsEnd).ToArray();
                Interlocked.Add(ref bad, last.Length == 1 && last[0] == events[^1] ? 0 : 1);
                var end = last.Length == 0 ? "none" : last[0].Type == "turn.failed" ? "turn.failed " + last[0].Data.GetProperty("problem").GetProperty("type").GetString() : last[0].Type;
                ends.AddOrUpdate(end, 1, static (_, count) => count + 1);
                Interlocked.Increment(ref done);
            }
        }

        async Task KillAsync()
        {
            // Only those that have been up for a while: deaths at the start are a crash loop, which the pool's breaker stops.
            var random = new Random(7);
            var seen = new Dictionary<int, long>();
            while (!stop.IsCancellationRequested)
            {
                await Task.Delay(random.Next(50, 400), CancellationToken.None);
                foreach (var process in MarkedProcesses.OwnedBy(gateway.Id).Where(IsCli))
                {
                    seen.TryAdd(process, TimeProvider.System.GetTimestamp());
                }

                var alive = seen.Where(process => TimeProvider.System.GetElapsedTime(process.Value) > Youth).Select(process => process.Key).ToArray();
                if (alive.Length > 0)
                {
                    var victim = alive[random.Next(alive.Length)];
                    seen.Remove(victim);
                    killed += IsCli(victim) && TryKill(victim) ? 1 : 0;
                }
            }
        }
    }

    public static bool IsCli(int process) =>
        HostKiller.Read(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/cmdline")).Contains("stream-json", StringComparison.Ordinal);

    public static bool TryKill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
            return true;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
