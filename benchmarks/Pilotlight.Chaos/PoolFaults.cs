using System.Diagnostics;
using System.Globalization;
using Pilotlight.Processes;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>What the pool promises about descriptors, zombies, mass death, crash loops and stops, tried for real.</summary>
internal static class PoolFaults
{
    private static readonly Dictionary<string, string> s_environment = new() { ["PATH"] = "/usr/bin:/bin" };

    private static ProcessProfile Cat { get; } = new() { Name = "cat", FileName = "/bin/cat", Environment = s_environment };

    /// <returns>0 when descriptors are within two of where they were, with no collection in between, and no zombie was older than a second.</returns>
    public static async Task<int> DescriptorsAsync(int cycles)
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 4, MaxIdle = 4, RefillDelay = TimeSpan.Zero, MaxConcurrentWarmUps = 4 });
        pool.Register(Cat);

        // What the runtime opens for itself (its assemblies, the console) is opened before the count.
        for (var warm = 0; warm < 200; warm++)
        {
            await CycleAsync(pool);
        }

        OldestZombie([]);
        _ = new UriBuilder().Uri;
        Console.WriteLine($"{Kinds().Count} kinds of descriptors");

        await SettledAsync(pool, 4);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var kinds = Kinds();
        var before = Descriptors();
        var isQuiet = GC.TryStartNoGCRegion(8L << 30);
        var collections = GC.CollectionCount(0);
        var (worst, zombies) = (before, new Dictionary<int, long>());
        var oldest = TimeSpan.Zero;
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            await CycleAsync(pool);
            if (cycle % 100 == 0)
            {
                worst = Math.Max(worst, Descriptors());
                oldest = Longer(oldest, OldestZombie(zombies));
            }
        }

        await SettledAsync(pool, 4);
        var after = Descriptors();
        collections = GC.CollectionCount(0) - collections;
        Console.WriteLine($"{cycles} cycles of start, lease, echo, end: {before} descriptors before, {after} after, {worst} at most in between");
        foreach (var (kind, count) in Kinds().Where(one => one.Value != kinds.GetValueOrDefault(one.Key)))
        {
            Console.WriteLine($"  {kind}: {kinds.GetValueOrDefault(kind)} before, {count} after");
        }

        Console.WriteLine($"garbage collections in the window: {collections}{(isQuiet ? "" : " (could not be held off)")}; oldest zombie seen: {oldest.TotalMilliseconds:0} ms");
        return Math.Abs(after - before) <= 2 && collections == 0 && oldest < TimeSpan.FromSeconds(1) ? 0 : 1;
    }

    /// <returns>0 when the death of all was noticed within 100 ms and they were replaced.</returns>
    public static async Task<int> MassDeathAsync(int count)
    {
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = count,
            MaxIdle = count,
            MaxProcesses = count * 2,
            MaxConcurrentWarmUps = 8,
            EarlyDeath = TimeSpan.Zero,
        });
        pool.Register(Cat);
        await SettledAsync(pool, count);
        var victims = pool.GetSnapshot().Profiles[0].Processes.Select(row => row.ProcessId).ToArray();
        var start = Stopwatch.GetTimestamp();
        foreach (var victim in victims)
        {
            using var process = Process.GetProcessById(victim);
            process.Kill();
        }

        var killed = Stopwatch.GetElapsedTime(start);
        var left = victims.ToHashSet();
        while (true)
        {
            left.IntersectWith(pool.GetSnapshot().Profiles[0].Processes.Select(row => row.ProcessId));
            if (left.Count == 0)
            {
                break;
            }

            await Task.Delay(1);
        }

        var noticed = Stopwatch.GetElapsedTime(start);
        await SettledAsync(pool, count);
        Console.WriteLine($"{count} parked processes killed in {killed.TotalMilliseconds:0.0} ms: all noticed {noticed.TotalMilliseconds:0.0} ms after the first kill, all replaced after {Stopwatch.GetElapsedTime(start).TotalSeconds:0.0} s");
        return noticed < TimeSpan.FromMilliseconds(100) ? 0 : 1;
    }

    /// <returns>0 when a program that always ends at once was started 15 times at most in the first minute, 4 times in each after.</returns>
    public static async Task<int> CrashLoopAsync(int minutes)
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 2 });
        using var listener = new SpawnCounter();
        pool.Register(Cat with { Name = "false", FileName = "/bin/false" });
        var failed = 0;
        for (var minute = 1; minute <= minutes; minute++)
        {
            var before = listener.Count;
            await Task.Delay(TimeSpan.FromMinutes(1));
            var starts = listener.Count - before;
            var row = pool.GetSnapshot().Profiles[0];
            Console.WriteLine($"minute {minute}: {starts} starts of /bin/false; breaker {row.Breaker}");
            failed += starts > (minute == 1 ? 15 : 4) ? 1 : 0;
        }

        var profile = Cat with { Name = "false", FileName = "/bin/false" };
        var misses = new List<double>();
        var why = "";
        while (misses.Count < 21)
        {
            var asked = Stopwatch.GetTimestamp();
            try
            {
                await (await pool.AcquireAsync(profile)).DisposeAsync();
            }
            catch (ProcessStartException refused)
            {
                misses.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                why = refused.Message;
            }
        }

        misses.Sort();
        Console.WriteLine($"a miss while the breaker is open fails in {misses[10]:0.000} ms (median), {misses[^1]:0.0} ms (the first, with all that is compiled then): {why}");

        return failed == 0 ? 0 : 1;
    }

    /// <returns>0 when a stop with leases out and children that ignore SIGTERM took no longer than promised and left nothing.</returns>
    public static async Task<int> DrainAsync()
    {
        var options = new WarmPoolOptions { MinIdle = 4, MaxIdle = 4, DrainTimeout = TimeSpan.FromSeconds(2) };
        var pool = new WarmPool(options);
        var stubborn = new ProcessProfile
        {
            Name = "stubborn",
            FileName = "/bin/sh",
            Arguments = ["-c", "trap '' TERM; setsid sleep 600 & echo ready; while :; do sleep 600 & wait; done"],
            Environment = s_environment,
            WarmUp = async (process, token) =>
            {
                var read = await process.Output.ReadAtLeastAsync(6, token);
                process.Output.AdvanceTo(read.Buffer.End);
            },
        };
        pool.Register(stubborn);
        await SettledAsync(pool, 4);
        var held = await pool.AcquireAsync(stubborn);
        var start = Stopwatch.GetTimestamp();
        await pool.DisposeAsync();
        var took = Stopwatch.GetElapsedTime(start);
        var left = MarkedProcesses.OwnedBy(Environment.ProcessId).Length;
        var promised = options.DrainTimeout + options.CloseInputGrace + options.TerminateGrace + TimeSpan.FromSeconds(3);
        Console.WriteLine($"a stop with a lease held and every child ignoring EOF and SIGTERM: {took.TotalSeconds:0.0} s (promised: {promised.TotalSeconds:0} s), {left} processes left");
        await held.DisposeAsync();
        return took < promised && left == 0 ? 0 : 1;
    }

    private static async Task CycleAsync(WarmPool pool)
    {
        await using var lease = await pool.AcquireAsync(Cat);
        await lease.WriteFirstAsync("x\n"u8.ToArray());
        var read = await lease.Process.Output.ReadAtLeastAsync(2);
        lease.Process.Output.AdvanceTo(read.Buffer.End);
    }

    private static async Task SettledAsync(WarmPool pool, int parked)
    {
        while (pool.GetSnapshot().Profiles[0] is var row && (row.Parked != parked || row.Starting != 0 || row.Processes.Count != parked))
        {
            await Task.Delay(5);
        }

        await Task.Delay(1000); // What ended last closes its descriptors a moment after it leaves the books.
    }

    private static int Descriptors() => Directory.EnumerateFiles("/proc/self/fd").Count();

    private static Dictionary<string, int> Kinds() => Directory.EnumerateFiles("/proc/self/fd")
        .Select(file => new FileInfo(file).LinkTarget ?? "closed meanwhile")
        .CountBy(target => target.StartsWith('/') ? target : target.Split(':')[0])
        .ToDictionary();

    // How long the longest-standing zombie child has been seen for.
    private static TimeSpan OldestZombie(Dictionary<int, long> seen)
    {
        var parent = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var now = new HashSet<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && HostKiller.Read($"{folder}/stat") is var stat
                && stat.LastIndexOf(')') is >= 0 and var name && stat[(name + 2)..].Split(' ') is ["Z", var owner, ..] && owner == parent)
            {
                now.Add(id);
                seen.TryAdd(id, Stopwatch.GetTimestamp());
            }
        }

        foreach (var gone in seen.Keys.Where(id => !now.Contains(id)).ToArray())
        {
            seen.Remove(gone);
        }

        return seen.Count == 0 ? TimeSpan.Zero : seen.Values.Max(at => Stopwatch.GetElapsedTime(at));
    }

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;

    // Each start of a process is an end later, since none lives: the exits are counted.
    private sealed class SpawnCounter : IDisposable
    {
        private readonly System.Diagnostics.Metrics.MeterListener _listener = new();
        private int _count;

        public SpawnCounter()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "pilotlight.pool.spawn.duration")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref _count));
            _listener.Start();
        }

        public int Count => Volatile.Read(ref _count);

        public void Dispose() => _listener.Dispose();
    }
}
