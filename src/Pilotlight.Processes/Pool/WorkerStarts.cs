using System.Collections.Concurrent;

namespace Pilotlight.Processes;

/// <summary>Starts that are under way, and what comes of each: a worker for its pool, or a failure for its guard.</summary>
/// <remarks>
/// The controller's. What a start changes at its end it changes under the controller's lock, <paramref name="gate"/>.
/// </remarks>
internal sealed class WorkerStarts(PoolServices services, IProcessLauncher launcher, Lock gate)
{
    private readonly ConcurrentDictionary<Task, byte> _starting = new();
    private readonly WorkerStarter _starter = new(launcher, services.Options, services.Time);

    public int Count => _starting.Count;

    /// <summary>Begins one. Under the controller's lock.</summary>
    public void Begin(ProfilePool pool)
    {
        pool.Upkeep.StartBegun();
        var start = StartAsync(pool);
        _starting[start] = 0;
        _ = start.ContinueWith(
            static (done, state) => ((ConcurrentDictionary<Task, byte>)state!).TryRemove(done, out _),
            _starting,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Completes when those that are under way now are over.</summary>
    public Task AllAsync() => Task.WhenAll(_starting.Keys);

    private async Task StartAsync(ProfilePool pool)
    {
        // Off the controller's lock before anything slow.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var time = services.Time;
        var startedAt = time.GetTimestamp();
        var stamp = ProgramStamp.Of(pool.Profile.FileName);
        try
        {
            using var brokenOff = CancellationTokenSource.CreateLinkedTokenSource(services.Stopping, pool.Closing);
            var process = await _starter.StartAsync(pool.Profile, brokenOff.Token);
            var duration = time.GetElapsedTime(startedAt);
            var jitter = 1 - (Random.Shared.NextDouble() * 0.1);
            var worker = new Worker(pool, process, stamp, time.GetTimestamp(), services.Options.MaxAge * jitter);
            worker.Lease = pool.Profile.CreateLease(worker);
            services.Metrics.Started(pool, duration);
            PoolLog.Started(services.Logger, pool.Name, process.Id, duration.TotalMilliseconds);
            if (!TryAdd(worker, duration))
            {
                await services.Ends.End(worker, services.IsStopping ? "stopped" : "unregistered");
            }
        }
        catch (Exception fault)
        {
            Failed(pool, fault as ProcessStartException
                ?? new ProcessStartException($"'{pool.Name}' did not become ready: {fault.Message}", innerException: fault));
        }
        finally
        {
            services.Bell.Ring();
        }
    }

    private bool TryAdd(Worker worker, TimeSpan duration)
    {
        var pool = worker.Pool;
        lock (gate)
        {
            pool.Upkeep.StartEnded();
            if (services.IsStopping || pool.IsClosed)
            {
                return false;
            }

            pool.Upkeep.Demand.WarmedUp(duration);
            pool.Add(worker);
            return true;
        }
    }

    private void Failed(ProfilePool pool, ProcessStartException cause)
    {
        lock (gate)
        {
            pool.Upkeep.StartEnded();
            if (services.IsStopping || pool.IsClosed)
            {
                return; // Broken off, and no fault of its own.
            }

            pool.Upkeep.Guard.Breaker.Failed(cause);
            pool.FailWaiters(cause, all: cause.IsPermanent);
        }

        services.Metrics.StartFailed(pool);
        PoolLog.StartFailed(services.Logger, pool.Name, cause.Message);
    }
}
