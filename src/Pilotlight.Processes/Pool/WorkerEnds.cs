using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Pilotlight.Processes;

/// <summary>Ends the processes of workers that somebody took out of the pool, and knows which are still at it.</summary>
/// <remarks>Safe for concurrent use. Whoever moved a worker's state to where it ends calls <see cref="End"/>, once.</remarks>
internal sealed class WorkerEnds(WarmPoolOptions options, TimeProvider time, PoolMetrics metrics, ILogger logger, Action ring)
{
    private readonly ConcurrentDictionary<Task, byte> _ending = new();
    private int _count;

    /// <summary>Processes that have been told to end and still run.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Ends a worker's process; the task completes at its end and never faults.</summary>
    public Task End(Worker worker, string reason)
    {
        Interlocked.Increment(ref _count);
        ring();
        var ending = EndAsync(worker, reason);
        _ending[ending] = 0;
        _ = ending.ContinueWith(
            static (done, state) => ((ConcurrentDictionary<Task, byte>)state!).TryRemove(done, out _),
            _ending,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return ending;
    }

    /// <summary>
    /// Disposes of a process that died by itself while it was parked, and has its pool's guard judge that: it expects it.
    /// </summary>
    public void Bury(Worker worker) => _ = BuryAsync(worker);

    /// <summary>Completes when none is ending, those included that are told to while this waits.</summary>
    public async Task AllAsync()
    {
        while (!_ending.IsEmpty)
        {
            await Task.WhenAll(_ending.Keys);
        }
    }

    private async Task BuryAsync(Worker worker)
    {
        var age = time.GetElapsedTime(worker.WarmedAt);
        _ = End(worker, "died");
        worker.Pool.Upkeep.Guard.Judged(worker.WarmedAt, age, await worker.Process.Exited);
        ring();
    }

    private async Task EndAsync(Worker worker, string reason)
    {
        // Off the caller's path, which may be an acquire or the controller's lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var (profile, process) = (worker.Pool.Name, worker.Process);
        try
        {
            worker.Thaw();
            var exit = await process.StopAsync(options.Grace);
            if (exit.IsConfirmed)
            {
                PoolLog.Ended(logger, profile, process.Id, reason, exit.ExitCode);
            }
            else
            {
                PoolLog.NotEnded(logger, profile, process.Id);
            }
        }
        finally
        {
            metrics.Ended(worker.Pool, reason);
            Interlocked.Decrement(ref _count);
            ring();
        }

        try
        {
            await process.DisposeAsync();
        }
        catch (Exception fault)
        {
            // What the warm-up left in it is its owner's code; the process itself has ended.
            PoolLog.StateNotDisposed(logger, profile, process.Id, fault);
        }
    }
}
