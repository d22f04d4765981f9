using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using HdrHistogram;

namespace Pilotlight.Processes.Benchmarks;

/// <summary>
/// Warm acquire from cold callers, while processes are refilled and killed, against the pool that one would write in its place.
/// </summary>
internal static class AcquireBenchmark
{
    // Each acquire comes from a caller that has just slept: caches and branch predictors are as cold as in a server with little
    // to do.
    public static async Task RunAsync(int runs)
    {
        var profile = new ProcessProfile
        {
            Name = "cat",
            FileName = "/bin/cat",
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
        };
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 4,
            MaxIdle = 8,
            MaxProcesses = 64,
            EarlyDeath = TimeSpan.Zero,
        });
        await using var plain = new PlainPool(4);
        pool.Register(profile);
        var ours = new LongHistogram(TimeSpan.TicksPerSecond * 10, 3);
        var theirs = new LongHistogram(TimeSpan.TicksPerSecond * 10, 3);
        var (ourBytes, theirBytes, misses) = (0L, 0L, 0);
        using var stop = new CancellationTokenSource();
        var killing = KillNowAndThenAsync(pool, stop.Token);
        for (var run = -50; run < runs; run++)
        {
            await Task.Delay(3);
            while (pool.GetSnapshot().Profiles.Sum(row => row.Parked) < 2)
            {
                await Task.Delay(1);
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var startedAt = Stopwatch.GetTimestamp();
            var acquired = pool.AcquireAsync(profile);
            var took = Stopwatch.GetTimestamp() - startedAt;
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            var isWarm = acquired.IsCompleted;
            misses += isWarm ? 0 : 1;
            var lease = await acquired;
            if (run >= 0 && isWarm)
            {
                ours.RecordValue(took);
                ourBytes += allocated;
            }

            await lease.DisposeAsync();

            await Task.Delay(3);
            allocated = GC.GetAllocatedBytesForCurrentThread();
            startedAt = Stopwatch.GetTimestamp();
            var taking = plain.AcquireAsync();
            took = Stopwatch.GetTimestamp() - startedAt;
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            using var process = await taking;
            if (run >= 0)
            {
                theirs.RecordValue(took);
                theirBytes += allocated;
            }

            process.Kill();
        }

        await stop.CancelAsync();
        var killed = await killing;
        Print("Pilotlight WarmPool", ours, ourBytes, runs);
        Print("SemaphoreSlim + ConcurrentQueue", theirs, theirBytes, runs);
        var ratio = (double)ours.GetValueAtPercentile(50) / theirs.GetValueAtPercentile(50);
        Console.WriteLine(
            $"parked processes killed meanwhile: {killed}; misses: {misses}; ratio of the medians, ours to theirs: {ratio:0.00}");
    }

    // Some of the parked processes die, as some do; the plain pool has nothing to say to that and is spared.
    private static async Task<int> KillNowAndThenAsync(WarmPool pool, CancellationToken cancellationToken)
    {
        var killed = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(40, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
            if (pool.GetSnapshot().Profiles[0].Processes.LastOrDefault(row => !row.IsLeased) is { } victim)
            {
                try
                {
                    using var process = Process.GetProcessById(victim.ProcessId);
                    process.Kill();
                    killed++;
                }
                catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
                {
                    // It had ended already.
                }
            }
        }

        return killed;
    }

    private static void Print(string name, LongHistogram histogram, long bytes, int runs) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-32} p50 {Micros(histogram, 50),6:0.00} µs   p99 {Micros(histogram, 99),6:0.00} µs   "
        + $"max {Micros(histogram, 100),7:0.0} µs   {bytes / runs} bytes   n {runs}"));

    private static double Micros(LongHistogram histogram, double percentile) =>
        histogram.GetValueAtPercentile(percentile) * 1e6 / Stopwatch.Frequency;
}

/// <summary>The pool that one writes first: a queue, a semaphore, and a task that refills.</summary>
internal sealed class PlainPool : IAsyncDisposable
{
    private readonly ConcurrentQueue<Process> _queue = new();
    private readonly SemaphoreSlim _available = new(0);

    public PlainPool(int size)
    {
        for (var i = 0; i < size; i++)
        {
            Add();
        }
    }

    public async Task<Process> AcquireAsync()
    {
        await _available.WaitAsync();
        _queue.TryDequeue(out var process);
        _ = Task.Run(Add);
        return process!;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var process in _queue)
        {
            process.Kill();
            process.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private void Add()
    {
        _queue.Enqueue(Process.Start(new ProcessStartInfo("/bin/cat")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);
        _available.Release();
    }
}
