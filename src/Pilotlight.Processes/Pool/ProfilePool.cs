using System.Collections.Concurrent;

namespace Pilotlight.Processes;

/// <summary>The processes of one profile: the parked ones, those who wait for one, and the counts.</summary>
/// <remarks>The hit path is <see cref="TryTake"/>: no lock, no allocation, no system call. All else is the controller's pace.</remarks>
internal sealed class ProfilePool
{
    private readonly PoolController _controller;
    private readonly ConcurrentQueue<Worker> _idle = new();
    private readonly ConcurrentQueue<Waiter> _waiting = new();
    private int _idleCount;
    private int _leasedCount;
    private int _waitingCount;
    private long _arrivals;
    private long _warmHits;
    private long _coldStarts;

    public ProfilePool(ProcessProfile profile, PoolController controller, WarmPoolOptions options, TimeProvider time)
    {
        Profile = profile;
        Options = options;
        Time = time;
        _controller = controller;
        Demand = new DemandEstimator(time);
        Breaker = new CircuitBreaker(options.BreakerThreshold, options.BackoffBase, options.BackoffLimit, time, Random.Shared.NextDouble);
    }

    public ProcessProfile Profile { get; }

    public WarmPoolOptions Options { get; }

    public TimeProvider Time { get; }

    /// <summary>Owned by the controller, like <see cref="Breaker"/> and the two counts below.</summary>
    public DemandEstimator Demand { get; }

    public CircuitBreaker Breaker { get; }

    public int Starting { get; set; }

    public int Target { get; set; }

    /// <summary>Whether some are to be kept parked, or processes start only when asked for.</summary>
    public bool IsRegistered { get; set; }

    /// <summary>The program's file as it was last seen, and when that was.</summary>
    public ProgramStamp? Stamp { get; set; }

    public long? StampedAt { get; set; }

    /// <summary>When fewer than wanted were first seen parked or starting.</summary>
    public long? ShortageSince { get; set; }

    /// <summary>When more than wanted were first seen parked.</summary>
    public long? SurplusSince { get; set; }

    public int Idle => Volatile.Read(ref _idleCount);

    public int Leased => Volatile.Read(ref _leasedCount);

    public int Waiting => Volatile.Read(ref _waitingCount);

    public long WarmHits => Interlocked.Read(ref _warmHits);

    public long ColdStarts => Interlocked.Read(ref _coldStarts);

    /// <summary>All workers that are not dead, for the snapshot and the drain.</summary>
    public ConcurrentDictionary<Worker, byte> Workers { get; } = new();

    public ValueTask<WorkerLease> AcquireAsync(string site, int line, CancellationToken cancellationToken)
    {
        var askedAt = Time.GetTimestamp();
        cancellationToken.ThrowIfCancellationRequested();
        Interlocked.Increment(ref _arrivals);
        if (TryTake() is not { } worker)
        {
            return WaitAsync(askedAt, site, line, cancellationToken);
        }

        Interlocked.Increment(ref _warmHits);
        _controller.Ring();
        return new ValueTask<WorkerLease>(Grant(worker, LeaseSource.Warm, askedAt, site, line));
    }

    /// <summary>Takes a parked process that lives, as far as is known; null when there is none.</summary>
    public Worker? TryTake()
    {
        while (_idle.TryDequeue(out var worker))
        {
            if (worker.TryMove(WorkerState.Idle, WorkerState.Leased))
            {
                Interlocked.Decrement(ref _idleCount);
                if (!worker.Process.HasExited)
                {
                    Interlocked.Increment(ref _leasedCount);
                    return worker;
                }

                worker.TryMove(WorkerState.Leased, WorkerState.Dead);
                _controller.Bury(worker, earlyDeath: null);
            }
        }

        return null;
    }

    /// <summary>Gives a warmed-up process to whoever has waited longest, or parks it.</summary>
    public void Offer(Worker worker)
    {
        if (TryHandOver(worker))
        {
            return;
        }

        Interlocked.Increment(ref _idleCount);
        _idle.Enqueue(worker);
        PoolController.WatchForDeath(worker);
    }

    /// <summary>Serves those who wait from what is parked: the two may have missed each other.</summary>
    public void ServeWaiters()
    {
        while (Waiting > 0 && TryTake() is { } worker)
        {
            Interlocked.Decrement(ref _leasedCount);
            if (!HandToWaiter(worker))
            {
                // All of them gave up in the meantime. The worker never left us, so it may be parked again.
                worker.TryMove(WorkerState.Leased, WorkerState.Idle);
                Interlocked.Increment(ref _idleCount);
                _idle.Enqueue(worker);
            }
        }
    }

    public long TakeArrivals() => Interlocked.Exchange(ref _arrivals, 0);

    /// <summary>The parked process that has been up for longest, taken out; null when there is none.</summary>
    public Worker? TakeForRetirement()
    {
        while (_idle.TryDequeue(out var worker))
        {
            if (worker.TryMove(WorkerState.Idle, WorkerState.Retiring))
            {
                Interlocked.Decrement(ref _idleCount);
                return worker;
            }
        }

        return null;
    }

    /// <summary>Takes one parked process out because of <paramref name="to"/>; false when somebody else was faster.</summary>
    public bool TryRemoveIdle(Worker worker, WorkerState to)
    {
        if (!worker.TryMove(WorkerState.Idle, to))
        {
            return false;
        }

        Interlocked.Decrement(ref _idleCount);
        return true;
    }

    /// <summary>A parked process ended by itself: soon after its start that is a failed start, later it is bad luck.</summary>
    public void OnIdleDeath(Worker worker)
    {
        var age = Time.GetElapsedTime(worker.WarmedAt);
        var exit = worker.Process.Exited.Result;
        _controller.Bury(worker, age >= Options.EarlyDeath ? null : new ProcessStartException(
            $"'{Profile.Name}' ({Profile.FileName}) ended with exit code {exit.ExitCode} {age.TotalSeconds:0.0} s after it was ready. {exit.ErrorTail.Trim()}".TrimEnd(),
            exit));
    }

    /// <summary>Fails those who wait: one of them, or all.</summary>
    public void FailWaiters(Exception cause, bool all)
    {
        while (_waiting.TryDequeue(out var waiter))
        {
            if (waiter.TrySetException(cause) && !all)
            {
                return;
            }
        }
    }

    public async ValueTask ReturnAsync(Worker worker)
    {
        if (worker.Process.HasExited || _controller.IsStopping || Time.GetElapsedTime(worker.WarmedAt) > worker.MaxAge)
        {
            await EndLeaseAsync(worker);
            return;
        }

        Interlocked.Decrement(ref _leasedCount);
        worker.Lease = new WorkerLease(worker);
        worker.TryMove(WorkerState.Leased, WorkerState.Idle);
        Offer(worker);
        _controller.Ring();
    }

    public async ValueTask EndLeaseAsync(Worker worker)
    {
        if (worker.TryMove(WorkerState.Leased, WorkerState.Dead))
        {
            Interlocked.Decrement(ref _leasedCount);
            await _controller.EndAsync(worker, "leased");
        }
    }

    private async ValueTask<WorkerLease> WaitAsync(long askedAt, string site, int line, CancellationToken cancellationToken)
    {
        if (_controller.IsStopping)
        {
            throw new PoolStoppedException();
        }

        if (Breaker is { State: BreakerState.Open, Cause: { } cause } && Breaker.Wait > TimeSpan.Zero)
        {
            throw new ProcessStartException(
                $"'{Profile.Name}' is not being started for another {Breaker.Wait.TotalSeconds:0.0} s, since its last starts failed: {cause.Message}",
                cause.Exit,
                cause) { IsPermanent = cause.IsPermanent };
        }

        if (Interlocked.Increment(ref _waitingCount) > Options.MaxWaiting)
        {
            Interlocked.Decrement(ref _waitingCount);
            throw Rejected($"{Options.MaxWaiting} callers wait already. Raise Pilotlight:Pool:MaxWaiting, or MaxProcesses");
        }

        var waiter = new Waiter();
        try
        {
            _waiting.Enqueue(waiter);
            _controller.Ring();
            var worker = await waiter.Task.WaitAsync(Options.AcquireTimeout, Time, cancellationToken);
            Interlocked.Increment(ref _coldStarts);
            return Grant(worker, LeaseSource.Cold, askedAt, site, line);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            // A process may have been handed over in this very moment; it must not be lost.
            if (!waiter.TrySetCanceled(CancellationToken.None) && waiter.Task.IsCompletedSuccessfully)
            {
                await ReturnAsync(await waiter.Task);
            }

            throw fault is TimeoutException ? Rejected($"none came free in {Options.AcquireTimeout}. Raise Pilotlight:Pool:MaxProcesses, or AcquireTimeout") : fault;
        }
        finally
        {
            Interlocked.Decrement(ref _waitingCount);
        }
    }

    private PoolRejectedException Rejected(string why) => new(
        $"No process of '{Profile.Name}' could be had: {_controller.Total} of {Options.MaxProcesses} processes are up, {Leased} of them leased here, and {why}.");

    private bool TryHandOver(Worker worker)
    {
        if (Waiting == 0)
        {
            return false;
        }

        worker.TryMove(WorkerState.Idle, WorkerState.Leased);
        if (HandToWaiter(worker))
        {
            return true;
        }

        worker.TryMove(WorkerState.Leased, WorkerState.Idle);
        return false;
    }

    private bool HandToWaiter(Worker worker)
    {
        Interlocked.Increment(ref _leasedCount);
        while (_waiting.TryDequeue(out var waiter))
        {
            if (waiter.TrySetResult(worker))
            {
                return true;
            }
        }

        Interlocked.Decrement(ref _leasedCount);
        return false;
    }

    private WorkerLease Grant(Worker worker, LeaseSource source, long askedAt, string site, int line)
    {
        var lease = worker.Lease;
        lease.Source = source;
        lease.Site = site;
        lease.Line = line;
        lease.AcquiredAt = Time.GetTimestamp();
        lease.AcquireDuration = Time.GetElapsedTime(askedAt, lease.AcquiredAt);
        _controller.Metrics.Acquired(this, lease);
        return lease;
    }

    private sealed class Waiter() : TaskCompletionSource<Worker>(TaskCreationOptions.RunContinuationsAsynchronously);
}
