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
    // Beyond what ending a process may take: what is cut short by it has hung in the kernel.
    private static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<ProcessProfile, ProfilePool> _pools;
    private readonly ConcurrentDictionary<Task, byte> _starts = new();
    private readonly WorkerStarter _starter;
    private readonly WarmPoolOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _deadline;
    private readonly WorkerEnds _ends;
    private readonly Renewal _renewal;
    private readonly LongStays _longStays;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _hurry = new();
    private Task? _stop;
    private volatile bool _isStopping;
    private int _rung;

    public PoolController(
        ConcurrentDictionary<ProcessProfile, ProfilePool> pools,
        ProcessLauncher launcher,
        PoolMetrics metrics,
        WarmPoolOptions options,
        TimeProvider time,
        ILogger logger)
    {
        (_pools, Metrics, _options, _time, _logger) = (pools, metrics, options, time, logger);
        _starter = new WorkerStarter(launcher, options, time);
        _ends = new WorkerEnds(options, metrics, logger, Ring);
        _renewal = new Renewal(time, _ends);
        _longStays = new LongStays(options, time, logger);
        Memory = new MemoryWatch(options, time, logger, _ends, Ring);
        _deadline = time.CreateTimer(state => ((PoolController)state!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public PoolMetrics Metrics { get; }

    public MemoryWatch Memory { get; }

    public bool IsStopping => _isStopping;

    /// <summary>Processes that are starting, parked or leased.</summary>
    public int Total => _pools.Values.Sum(pool => pool.Starting + pool.Idle + pool.Leased);

    private int Starting => _pools.Values.Sum(pool => pool.Starting);

    // What is ending still takes its memory and its place.
    private int Up => Total + _ends.Count;

    private bool HasRoom => Up < _options.MaxProcesses;

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
            if (_isStopping)
            {
                return;
            }

            try
            {
                _deadline.Change(Deadline.ForTimer(LookAtAll()), Timeout.InfiniteTimeSpan);
            }
            catch (Exception fault)
            {
                // A fault of ours must not take the host down with it, nor leave the pool without its controller.
                PoolLog.ControllerFailed(_logger, fault);
                _deadline.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Ends a worker that somebody took out of the pool; the task completes at its end and never faults.</summary>
    public Task End(Worker worker, string reason) => _ends.End(worker, reason);

    /// <summary>Disposes of a process that died by itself while it was parked, and judges that: its pool's guard has been told to expect it.</summary>
    public void Bury(Worker worker) => _ = BuryAsync(worker);

    /// <summary>No new processes, none parked; completes when every one has ended, leased ones after their time is up.</summary>
    /// <param name="cancellationToken">Ends the leased ones at once.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _isStopping = true;
            _stop ??= StopCoreAsync();
        }

        await using var hurry = cancellationToken.UnsafeRegister(static self => ((PoolController)self!)._hurry.Cancel(), this);
        await _stop;
    }

    public void Dispose()
    {
        _deadline.Dispose();
        _stopping.Dispose();
        _hurry.Dispose();
    }

    private TimeSpan LookAtAll()
    {
        var next = Memory.Look(_pools.Values);

        // Those whose callers wait come first: what others would only park can wait for them.
        foreach (var pool in _pools.Values.OrderByDescending(pool => pool.Waiting > 0))
        {
            next = Deadline.Sooner(next, Look(pool));
        }

        return next;
    }

    private TimeSpan Look(ProfilePool pool)
    {
        pool.Demand.Arrived(pool.TakeArrivals());
        if (pool.TakeMisses() > 0)
        {
            pool.Demand.Missed();
        }

        pool.ServeWaiters();
        var next = Deadline.Sooner(pool.Guard.Look(pool.Workers.Keys), _longStays.Look(pool));
        pool.Target = pool.IsRegistered && !pool.IsDrained && pool.Successor is null ? pool.Demand.Target(_options.MinIdle, _options.MaxIdle) : 0;
        next = Deadline.Sooner(next, _renewal.Look(pool, HasRoom && Memory.AllowsStock(Up)));
        if (pool.Successor is not null)
        {
            pool.PassOnWaiters();
            GiveWay(pool);
            return next;
        }

        next = Deadline.Sooner(next, Start(pool));
        return Deadline.Sooner(next, Shrink(pool));
    }

    private TimeSpan Start(ProfilePool pool)
    {
        var (wanted, next) = pool.Stock.ToStart(pool.Idle, pool.Starting, pool.Waiting, pool.Wanted);
        while (wanted-- > 0)
        {
            if (!pool.Guard.MayStart(pool.Starting, pool.Waiting))
            {
                // Those who came before it opened get the cause now; later ones are refused at the door.
                var breaker = pool.Guard.Breaker;
                if (breaker is { State: BreakerState.Open, Cause: { } cause })
                {
                    pool.FailWaiters(cause, all: true);
                }

                return breaker.Wait is var wait && wait > TimeSpan.Zero ? wait : Timeout.InfiniteTimeSpan;
            }

            // From here on something else has to happen first, and that rings.
            if (Starting >= _options.MaxConcurrentWarmUps)
            {
                return Timeout.InfiniteTimeSpan;
            }

            if (!IsAffordable(pool) || !HasRoom)
            {
                MakeRoom(pool);
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
        if (pool.Waiting <= pool.Starting)
        {
            return Memory.AllowsStock(Up);
        }

        if (Memory.Refusal is { } refusal)
        {
            pool.FailWaiters(pool.Rejected(refusal), all: true);
            return false;
        }

        return Memory.AllowsDemand(Up);
    }

    // A caller who waits outranks another profile's stock, and a new configuration its predecessor's. The room is there when the
    // displaced one has ended: until then no other is displaced.
    private void MakeRoom(ProfilePool forWhom)
    {
        var isAwaited = forWhom.Waiting > forWhom.Starting;
        foreach (var pool in _pools.Values.Where(pool => pool != forWhom && (isAwaited || pool.Successor == forWhom)))
        {
            if (_ends.Count > 0)
            {
                return;
            }

            if (pool.TakeForRetirement() is { } worker)
            {
                End(worker, "displaced");
            }
        }
    }

    // One by one, as the successor's are ready: what is parked of either serves whoever asks for either.
    private void GiveWay(ProfilePool pool)
    {
        var successor = pool.Newest;
        var missing = successor.IsRegistered ? successor.Demand.Target(_options.MinIdle, _options.MaxIdle) - successor.Idle : 0;
        while (pool.Idle > Math.Max(0, missing) && pool.TakeForRetirement() is { } worker)
        {
            End(worker, "replaced");
        }
    }

    private TimeSpan Shrink(ProfilePool pool)
    {
        var (end, next) = pool.Stock.Surplus(pool.Idle, pool.Wanted);
        if (end && pool.TakeForRetirement() is { } worker)
        {
            End(worker, "surplus");
        }

        return next;
    }

    private async Task StartAsync(ProfilePool pool)
    {
        // Off the controller's lock before anything slow.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var startedAt = _time.GetTimestamp();
        var stamp = ProgramStamp.Of(pool.Profile.FileName);
        try
        {
            var process = await _starter.StartAsync(pool.Profile, _stopping.Token);
            var duration = _time.GetElapsedTime(startedAt);
            var jitter = 1 - (Random.Shared.NextDouble() * 0.1);
            var worker = new Worker(pool, process, stamp, _time.GetTimestamp(), _options.MaxAge * jitter);
            Metrics.Started(pool, duration);
            PoolLog.Started(_logger, pool.Profile.Name, process.Id, duration.TotalMilliseconds);
            if (!TryAdd(worker, duration))
            {
                await End(worker, "stopped");
            }
        }
        catch (Exception fault)
        {
            Failed(pool, fault as ProcessStartException
                ?? new ProcessStartException($"'{pool.Profile.Name}' did not become ready: {fault.Message}", innerException: fault));
        }
        finally
        {
            Ring();
        }
    }

    private bool TryAdd(Worker worker, TimeSpan duration)
    {
        var pool = worker.Pool;
        lock (_gate)
        {
            pool.Starting--;
            if (_isStopping)
            {
                return false;
            }

            pool.Demand.WarmedUp(duration);
            pool.Workers[worker] = 0;
            pool.Offer(worker);
        }

        ProfilePool.WatchForDeath(worker);
        return true;
    }

    private void Failed(ProfilePool pool, ProcessStartException cause)
    {
        lock (_gate)
        {
            pool.Starting--;
            if (_isStopping)
            {
                return; // Broken off by the stop, and no fault of its own.
            }

            pool.Guard.Breaker.Failed(cause);
            pool.FailWaiters(cause, all: cause.IsPermanent);
        }

        Metrics.StartFailed(pool);
        PoolLog.StartFailed(_logger, pool.Profile.Name, cause.Message);
    }

    private async Task BuryAsync(Worker worker)
    {
        var age = _time.GetElapsedTime(worker.WarmedAt);
        _ = End(worker, "died");
        worker.Pool.Guard.Judged(worker.WarmedAt, age, await worker.Process.Exited);
        Ring();
    }

    private async Task StopCoreAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _stopping.CancelAsync();
        foreach (var pool in _pools.Values)
        {
            pool.FailWaiters(new PoolStoppedException(), all: true);
            EndParked(pool);
        }

        await DrainLeasesAsync();
        var limit = _options.CloseInputGrace + _options.TerminateGrace + StopMargin;
        try
        {
            await Task.WhenAll([.. _starts.Keys, _ends.AllAsync()]).WaitAsync(limit);
            PoolLog.Stopped(_logger);
        }
        catch (TimeoutException)
        {
            PoolLog.StopGivenUp(_logger, limit, _starts.Count, _ends.Count);
        }
    }

    /// <summary>Ends what is parked; for a pool that is being stopped.</summary>
    public void EndParked(ProfilePool pool)
    {
        while (pool.TakeForRetirement() is { } worker)
        {
            End(worker, "stopped");
        }
    }

    // By the machine's clock, as all that waits for processes: a stop has an end whatever clock the policy goes by.
    private async Task DrainLeasesAsync()
    {
        var leased = _pools.Values.SelectMany(pool => pool.Workers.Keys).Where(worker => worker.State == WorkerState.Leased).ToArray();
        try
        {
            await Task.WhenAll(leased.Select(worker => worker.Process.Exited)).WaitAsync(_options.DrainTimeout, _hurry.Token);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            // Their time is up.
        }

        foreach (var worker in leased)
        {
            _ = worker.Pool.EndLease(worker);
        }
    }

    private void Track(Task task)
    {
        _starts[task] = 0;
        _ = task.ContinueWith(
            static (done, state) => ((ConcurrentDictionary<Task, byte>)state!).TryRemove(done, out _),
            _starts,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
