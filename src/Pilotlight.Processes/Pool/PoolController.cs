using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Pilotlight.Processes;

/// <summary>The one owner of all counts: decides what is started and what is ended.</summary>
/// <remarks>
/// Woken by the doorbell (<see cref="Ring"/>) and by its next deadline; it never polls. A ring is a coalesced work item, which
/// costs the caller a compare-and-set while one is under way.
/// </remarks>
internal sealed class PoolController : IThreadPoolWorkItem, IDisposable
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<ProcessProfile, ProfilePool> _pools;
    private readonly ConcurrentDictionary<Task, byte> _running = new();
    private readonly ProcessLauncher _launcher;
    private readonly WarmPoolOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _deadline;
    private readonly MemoryBudget _memory;
    private readonly CancellationTokenSource _stopping = new();
    private int _rung;
    private long? _measuredAt;
    private long? _relievedAt;
    private bool _isMeasuring;

    public PoolController(
        ConcurrentDictionary<ProcessProfile, ProfilePool> pools,
        ProcessLauncher launcher,
        PoolMetrics metrics,
        WarmPoolOptions options,
        TimeProvider time,
        ILogger logger)
    {
        (_pools, _launcher, Metrics, _options, _time, _logger) = (pools, launcher, metrics, options, time, logger);
        _memory = new MemoryBudget(options.MemorySoftLimit, options.MemoryHardLimit);
        _deadline = time.CreateTimer(state => ((PoolController)state!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public PoolMetrics Metrics { get; }

    public bool IsStopping => _stopping.IsCancellationRequested;

    /// <summary>Processes that are starting, parked or leased.</summary>
    public int Total => _pools.Values.Sum(pool => pool.Starting + pool.Idle + pool.Leased);

    public MemoryBudget Memory => _memory;

    /// <summary>Called after each measurement that finds the soft limit exceeded.</summary>
    public event Action? MemoryShort;

    /// <summary>Why callers who find nothing parked are refused for want of memory; null when they are not.</summary>
    public string? RefusalByMemory => _memory.Pressure != MemoryPressure.Hard ? null
        : $"they take {_memory.Used >> 20} MiB of the {_options.MemoryHardLimit >> 20} MiB they may. End some, or raise Pilotlight:Pool:MemoryHardLimit";

    /// <summary>Says that something changed.</summary>
    public void Ring()
    {
        if (Interlocked.Exchange(ref _rung, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Cleared before looking: what changes from here on rings again.
        Volatile.Write(ref _rung, 0);
        lock (_gate)
        {
            if (IsStopping)
            {
                return;
            }

            var next = MeasureMemory();
            foreach (var pool in _pools.Values)
            {
                next = Sooner(next, Look(pool));
            }

            RelieveMemory();

            _deadline.Change(next, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Replaces a parked process when it dies.</summary>
    public static void WatchForDeath(Worker worker)
    {
        _ = worker.Process.Exited.ContinueWith(
            static (_, state) =>
            {
                var worker = (Worker)state!;
                if (worker.Pool.TryRemoveIdle(worker, WorkerState.Dead))
                {
                    worker.Pool.OnIdleDeath(worker);
                }
            },
            worker,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Disposes of a process that died while it was parked.</summary>
    public void Bury(Worker worker, ProcessStartException? earlyDeath)
    {
        lock (_gate)
        {
            if (earlyDeath is not null)
            {
                worker.Pool.Breaker.Failed(earlyDeath);
            }
        }

        Track(EndAsync(worker, "died"));
    }

    /// <summary>Ends a worker's process and lets the controller see the room it leaves.</summary>
    public async Task EndAsync(Worker worker, string reason)
    {
        worker.Pool.Workers.TryRemove(worker, out _);
        worker.Thaw();
        Ring();
        var exit = await worker.Process.StopAsync(_options.Grace);
        await worker.Process.DisposeAsync();
        Metrics.Ended(worker.Pool, reason);
        PoolLog.Ended(_logger, worker.Pool.Profile.Name, worker.Process.Id, reason, exit.ExitCode);
        Ring();
    }

    /// <summary>No new processes, none parked; returns when every one has ended, leased ones after their time is up.</summary>
    /// <returns>False when it had been stopped before.</returns>
    public async Task<bool> StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (IsStopping)
            {
                return false;
            }

            _stopping.Cancel();
        }

        foreach (var pool in _pools.Values)
        {
            pool.FailWaiters(new PoolStoppedException(), all: true);
            while (pool.TakeForRetirement() is { } worker)
            {
                Track(EndAsync(worker, "stopped"));
            }
        }

        await DrainLeasesAsync(cancellationToken);
        await Task.WhenAll(_running.Keys);
        return true;
    }

    public void Dispose()
    {
        _deadline.Dispose();
        _stopping.Dispose();
    }

    private TimeSpan Look(ProfilePool pool)
    {
        pool.Demand.Arrived(pool.TakeArrivals());
        if (pool.TakeMisses() > 0)
        {
            pool.Demand.Missed();
        }

        pool.ServeWaiters();
        var next = Prove(pool);
        pool.Target = pool.IsRegistered && pool.Successor is null ? pool.Demand.Target(_options.MinIdle, _options.MaxIdle) : 0;
        if (pool.Successor is not null)
        {
            pool.PassOnWaiters();
            GiveWay(pool);
            return Sooner(next, RetireAged(pool));
        }

        next = Sooner(next, Start(pool));
        next = Sooner(next, RetireAged(pool));
        next = Sooner(next, Renew(pool));
        return Sooner(next, Shrink(pool));
    }

    // After a failure a start has succeeded only when its process has outlived the time of an early death: one that is ready
    // and then ends would otherwise be started for ever.
    private TimeSpan Prove(ProfilePool pool)
    {
        pool.Unproven = 0;
        var next = Timeout.InfiniteTimeSpan;
        if (!pool.Breaker.HasFailed)
        {
            return next;
        }

        foreach (var worker in pool.Workers.Keys.Where(worker => worker.WarmedAt >= pool.Breaker.FailedAt))
        {
            var left = _options.EarlyDeath - _time.GetElapsedTime(worker.WarmedAt);
            if (left <= TimeSpan.Zero && !worker.Process.HasExited)
            {
                pool.Breaker.Succeeded();
                pool.Unproven = 0;
                return Timeout.InfiniteTimeSpan;
            }

            pool.Unproven++;
            next = left > TimeSpan.Zero ? Sooner(next, left) : next;
        }

        return next;
    }

    private TimeSpan Start(ProfilePool pool)
    {
        var (wanted, next) = pool.Stock.ToStart(pool.Idle, pool.Starting, pool.Waiting, pool.Target);
        while (wanted-- > 0)
        {
            if (!pool.Breaker.TryEnter(pool.Starting + pool.Unproven) && (pool.Waiting <= pool.Starting || pool.Breaker.State == BreakerState.Open))
            {
                // Those who came before it opened get the cause now; later ones are refused at the door.
                if (pool.Breaker is { State: BreakerState.Open, Cause: { } cause })
                {
                    pool.FailWaiters(cause, all: true);
                }

                return pool.Breaker.Wait > TimeSpan.Zero ? pool.Breaker.Wait : Timeout.InfiniteTimeSpan;
            }

            if (_pools.Values.Sum(other => other.Starting) >= _options.MaxConcurrentWarmUps)
            {
                return Timeout.InfiniteTimeSpan;
            }

            if (!IsAffordable(pool) || (Total >= _options.MaxProcesses && !MakeRoom(pool)))
            {
                return Timeout.InfiniteTimeSpan;
            }

            pool.Starting++;
            pool.Stock.Started();
            Track(StartAsync(pool));
        }

        return next;
    }

    // What memory is left goes to those who wait; past the hard limit they are told.
    private bool IsAffordable(ProfilePool pool)
    {
        var starting = _pools.Values.Sum(other => other.Starting);
        if (pool.Waiting <= pool.Starting)
        {
            return _memory.AllowsStock(starting);
        }

        if (RefusalByMemory is { } refusal)
        {
            pool.FailWaiters(pool.Rejected(refusal), all: true);
            return false;
        }

        return _memory.AllowsDemand(starting) || MakeRoom(pool);
    }

    // A caller who waits outranks another profile's stock, and a new configuration its predecessor's.
    private bool MakeRoom(ProfilePool forWhom)
    {
        var isAwaited = forWhom.Waiting > forWhom.Starting;
        foreach (var pool in _pools.Values)
        {
            if (pool != forWhom && (isAwaited || pool.Successor == forWhom) && pool.TakeForRetirement() is { } worker)
            {
                Track(EndAsync(worker, "displaced"));
                return true;
            }
        }

        return false;
    }

    // One by one, as the successor's are ready: what is parked of either serves whoever asks for either.
    private void GiveWay(ProfilePool pool)
    {
        var successor = pool.Newest;
        var missing = successor.IsRegistered ? successor.Demand.Target(_options.MinIdle, _options.MaxIdle) - successor.Idle : 0;
        while (pool.Idle > Math.Max(0, missing) && pool.TakeForRetirement() is { } worker)
        {
            Track(EndAsync(worker, "replaced"));
        }
    }

    private TimeSpan MeasureMemory()
    {
        if (!_memory.IsLimited || _isMeasuring)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var left = _measuredAt is { } at ? _options.MemoryCheck - _time.GetElapsedTime(at) : TimeSpan.Zero;
        var workers = _pools.Values.SelectMany(pool => pool.Workers.Keys).ToArray();
        if (left > TimeSpan.Zero || workers.Length == 0)
        {
            return workers.Length == 0 ? Timeout.InfiniteTimeSpan : left;
        }

        _isMeasuring = true;
        Track(MeasureMemoryAsync(workers));
        return Timeout.InfiniteTimeSpan;
    }

    private async Task MeasureMemoryAsync(Worker[] workers)
    {
        // Off the controller's lock: a process's memory takes the kernel about a millisecond to add up.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var sizes = workers.Select(worker => worker.Process.MemoryBytes ?? 0).Where(size => size > 0).ToArray();
        lock (_gate)
        {
            _memory.Measured(sizes);
            _measuredAt = _time.GetTimestamp();
            _isMeasuring = false;
        }

        if (_memory.Pressure != MemoryPressure.None)
        {
            PoolLog.MemoryShort(_logger, _memory.Pressure, _memory.Used >> 20);
            MemoryShort?.Invoke();
        }

        Ring();
    }

    // One parked process a measurement: the next one says whether that was enough.
    private void RelieveMemory()
    {
        if (_memory.Pressure == MemoryPressure.None || _relievedAt == _measuredAt)
        {
            return;
        }

        _relievedAt = _measuredAt;
        if (_pools.Values.MaxBy(pool => pool.Idle)?.TakeForRetirement() is { } worker)
        {
            Track(EndAsync(worker, "memory"));
        }
    }

    private async Task StartAsync(ProfilePool pool)
    {
        // Off the controller's lock before anything slow.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var startedAt = _time.GetTimestamp();
        var stamp = ProgramStamp.Of(pool.Profile.FileName);
        try
        {
            var process = await WarmUpAsync(pool.Profile);
            var duration = _time.GetElapsedTime(startedAt);
            var jitter = 1 - (Random.Shared.NextDouble() * 0.1);
            var worker = new Worker(pool, process, stamp, _time.GetTimestamp(), _options.MaxAge * jitter);
            Metrics.Started(pool, duration);
            PoolLog.Started(_logger, pool.Profile.Name, process.Id, duration.TotalMilliseconds);
            lock (_gate)
            {
                pool.Starting--;
                pool.Demand.WarmedUp(duration);
                _memory.Grew();
                if (!IsStopping)
                {
                    pool.Workers[worker] = 0;
                    pool.Offer(worker);
                    worker = null;
                }
            }

            if (worker is not null)
            {
                await EndAsync(worker, "stopped");
            }
        }
        catch (Exception fault)
        {
            var cause = fault as ProcessStartException ?? new ProcessStartException($"'{pool.Profile.Name}' did not become ready: {fault.Message}", innerException: fault);
            lock (_gate)
            {
                pool.Starting--;
                if (IsStopping)
                {
                    return; // Broken off by the stop, and no fault of its own.
                }

                pool.Breaker.Failed(cause);
                pool.FailWaiters(cause, all: cause.IsPermanent);
            }

            Metrics.StartFailed(pool);
            PoolLog.StartFailed(_logger, pool.Profile.Name, cause.Message);
        }
        finally
        {
            Ring();
        }
    }

    private async Task<ChildProcess> WarmUpAsync(ProcessProfile profile)
    {
        var process = await _launcher.StartAsync(profile);
        if (profile.WarmUp is not { } warmUp)
        {
            return process;
        }

        using var timeout = new CancellationTokenSource(_options.WarmUpTimeout, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, timeout.Token);
        try
        {
            await warmUp(process, limit.Token).AsTask().WaitAsync(limit.Token);
            return process;
        }
        catch (Exception fault)
        {
            var ended = process.HasExited || await EndedSoonAsync(process);
            process.Kill();
            var exit = await process.StopAsync(_options.Grace);
            await process.DisposeAsync();
            var tail = exit.ErrorTail.Trim();
            var what = ended ? $"ended with exit code {exit.ExitCode} before it was ready"
                : timeout.IsCancellationRequested ? $"was not ready within {_options.WarmUpTimeout}"
                : $"did not become ready: {fault.Message}";
            throw new ProcessStartException(
                $"'{profile.Name}' ({profile.FileName}) {what}.{(tail.Length > 0 ? " It said: " + tail : "")}", exit, fault);
        }
    }

    // The end of its output comes a moment before its exit code.
    private async Task<bool> EndedSoonAsync(ChildProcess process)
    {
        await Task.WhenAny(process.Exited, Task.Delay(TimeSpan.FromMilliseconds(100), _time));
        return process.HasExited;
    }

    private TimeSpan RetireAged(ProfilePool pool)
    {
        var next = Timeout.InfiniteTimeSpan;
        foreach (var worker in pool.Workers.Keys)
        {
            if (worker.State == WorkerState.Leased)
            {
                next = Sooner(next, WarnOfLeak(worker));
                continue;
            }

            var left = worker.MaxAge - _time.GetElapsedTime(worker.WarmedAt);
            if (left > TimeSpan.Zero)
            {
                next = Sooner(Sooner(next, left), Freeze(worker));
            }
            else if (pool.TryRemoveIdle(worker, WorkerState.Retiring))
            {
                Track(EndAsync(worker, "aged"));
                Ring();
            }
        }

        return next;
    }

    private TimeSpan Freeze(Worker worker)
    {
        if (_options.FreezeAfter is not { } limit || worker.IsFrozen || worker.State != WorkerState.Idle)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var left = limit - _time.GetElapsedTime(worker.ParkedAt);
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        worker.Freeze();
        return Timeout.InfiniteTimeSpan;
    }

    // One at a time, and only while another is parked or on its way: a renewal must not empty the stock.
    private TimeSpan Renew(ProfilePool pool)
    {
        if (pool.Idle == 0)
        {
            return Timeout.InfiniteTimeSpan;
        }

        if (pool.StampedAt is not { } at || _time.GetElapsedTime(at) >= _options.RenewalCheck)
        {
            pool.Stamp = ProgramStamp.Of(pool.Profile.FileName);
            pool.StampedAt = _time.GetTimestamp();
        }

        if (pool.Stamp is { } stamp && pool.Starting == 0
            && pool.Workers.Keys.FirstOrDefault(worker => worker.State == WorkerState.Idle && worker.Stamp != stamp) is { } stale
            && pool.TryRemoveIdle(stale, WorkerState.Retiring))
        {
            Track(EndAsync(stale, "renewed"));
        }

        return _options.RenewalCheck - _time.GetElapsedTime(pool.StampedAt.Value);
    }

    private TimeSpan WarnOfLeak(Worker worker)
    {
        if (_options.LeakAfter is not { } limit || worker.Lease.Site is not { } site)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var left = limit - _time.GetElapsedTime(worker.Lease.AcquiredAt);
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        PoolLog.LeakSuspected(_logger, worker.Pool.Profile.Name, worker.Process.Id, limit, site, worker.Lease.Line);
        worker.Lease.Site = null; // Said once.
        return Timeout.InfiniteTimeSpan;
    }

    private TimeSpan Shrink(ProfilePool pool)
    {
        var (end, next) = pool.Stock.Surplus(pool.Idle, pool.Target);
        if (end && pool.TakeForRetirement() is { } worker)
        {
            Track(EndAsync(worker, "surplus"));
            Ring();
        }

        return next;
    }

    private async Task DrainLeasesAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.DrainTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var leased = _pools.Values.SelectMany(pool => pool.Workers.Keys).Where(worker => worker.State == WorkerState.Leased).ToArray();
        try
        {
            await Task.WhenAll(leased.Select(worker => worker.Process.Exited)).WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Their time is up.
        }

        await Task.WhenAll(leased.Select(worker => worker.Pool.EndLeaseAsync(worker).AsTask()));
    }

    private void Track(Task task)
    {
        _running[task] = 0;
        _ = task.ContinueWith(
            static (done, state) => ((ConcurrentDictionary<Task, byte>)state!).TryRemove(done, out _),
            _running,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private static TimeSpan Sooner(TimeSpan one, TimeSpan other) =>
        one == Timeout.InfiniteTimeSpan ? other : other == Timeout.InfiniteTimeSpan || one < other ? one : other;
}
