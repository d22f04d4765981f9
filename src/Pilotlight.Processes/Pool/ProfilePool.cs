using System.Collections.Concurrent;

namespace Pilotlight.Processes;

/// <summary>The processes of one profile: the parked ones, those who wait for one, and the counts.</summary>
/// <remarks>The hit path is <see cref="TryTake"/>: no lock, no allocation, no system call. All else is the controller's pace.</remarks>
internal sealed class ProfilePool
{
    private readonly PoolController _controller;
    private readonly Action _ring;
    private readonly IdleStore<Worker> _idle = new();
    private readonly ConcurrentQueue<Waiter> _waiting = new();
    private ProfilePool? _successor;
    private ProfilePool? _former;
    private int _leasedCount;
    private int _waitingCount;
    private long _arrivals;
    private int _misses;
    private long _warmHits;
    private long _coldStarts;

    public ProfilePool(ProcessProfile profile, PoolController controller, WarmPoolOptions options, TimeProvider time)
    {
        Profile = profile;
        Options = options;
        Time = time;
        _controller = controller;
        _ring = controller.Ring;
        Demand = new DemandEstimator(time);
        Stock = new StockPolicy(options, time);
        Breaker = new CircuitBreaker(options.BreakerThreshold, options.BackoffBase, options.BackoffLimit, time, Random.Shared.NextDouble);
    }

    public ProcessProfile Profile { get; }

    public WarmPoolOptions Options { get; }

    public TimeProvider Time { get; }

    /// <summary>Owned by the controller, like <see cref="Breaker"/> and the two counts below.</summary>
    public DemandEstimator Demand { get; set; }

    public CircuitBreaker Breaker { get; }

    public int Starting { get; set; }

    /// <summary>Processes started since the last failure that have not lived for long enough to count as a success.</summary>
    public int Unproven { get; set; }

    public int Target { get; set; }

    /// <summary>Whether some are to be kept parked, or processes start only when asked for.</summary>
    public bool IsRegistered { get; set; }

    /// <summary>The program's file as it was last seen, and when that was.</summary>
    public ProgramStamp? Stamp { get; set; }

    public long? StampedAt { get; set; }

    /// <summary>When to start more and when to end some.</summary>
    public StockPolicy Stock { get; }

    /// <summary>The pool of the profile that takes this one's place; null for one in its own right.</summary>
    public ProfilePool? Successor
    {
        get => Volatile.Read(ref _successor);
        set => Volatile.Write(ref _successor, value);
    }

    /// <summary>The pool whose place this one took; null for one in its own right.</summary>
    public ProfilePool? Former
    {
        get => Volatile.Read(ref _former);
        set => Volatile.Write(ref _former, value);
    }

    /// <summary>This pool, or the last of those that took its place.</summary>
    public ProfilePool Newest
    {
        get
        {
            var newest = this;
            while (newest.Successor is { } successor)
            {
                newest = successor;
            }

            return newest;
        }
    }

    public int Idle => _idle.Count;

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
        var newest = Newest;
        Interlocked.Increment(ref newest._arrivals);
        var worker = newest.TryTake();
        for (var former = newest.Former; worker is null && former is not null; former = former.Former)
        {
            worker = former.TryTake();
        }

        return worker is null
            ? newest.WaitAsync(askedAt, site, line, cancellationToken)
            : new ValueTask<WorkerLease>(newest.GrantWarm(worker, askedAt, site, line));
    }

    /// <summary>Takes a parked process that lives, as far as is known; null when there is none.</summary>
    public Worker? TryTake()
    {
        while (_idle.TryTake(WorkerState.Leased) is { } worker)
        {
            if (!worker.Process.HasExited)
            {
                worker.Thaw();
                Interlocked.Increment(ref _leasedCount);
                return worker;
            }

            worker.TryMove(WorkerState.Leased, WorkerState.Dead);
            _controller.Bury(worker, earlyDeath: null);
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

        worker.ParkedAt = Time.GetTimestamp();
        _idle.Park(worker);
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
                _idle.Park(worker);
            }
        }
    }

    /// <summary>Those who began to wait before this pool was replaced are served by its successor.</summary>
    public void PassOnWaiters()
    {
        while (_waiting.TryDequeue(out var waiter))
        {
            if (waiter.TryMoveTo(Newest))
            {
                Newest._waiting.Enqueue(waiter);
                _ring();
            }
        }
    }

    public int TakeMisses() => Interlocked.Exchange(ref _misses, 0);

    public long TakeArrivals() => Interlocked.Exchange(ref _arrivals, 0);

    /// <summary>The process that has been parked for longest, taken out; null when there is none.</summary>
    public Worker? TakeForRetirement() => _idle.TryTake(WorkerState.Retiring);

    /// <summary>Takes one parked process out because of <paramref name="to"/>; false when somebody else was faster.</summary>
    public bool TryRemoveIdle(Worker worker, WorkerState to) => _idle.TryRemove(worker, to);

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

        if (_controller.RefusalByMemory is { } refusal)
        {
            throw Rejected(refusal);
        }

        Interlocked.Increment(ref _misses);
        var waiter = new Waiter(this);
        if (Waiting > Options.MaxWaiting)
        {
            waiter.Leave();
            throw Rejected($"{Options.MaxWaiting} callers wait already. Raise Pilotlight:Pool:MaxWaiting, or MaxProcesses");
        }

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
            waiter.Leave();
        }
    }

    /// <summary>Says how full the pool is, and what to raise.</summary>
    public PoolRejectedException Rejected(string why) => new(
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

    private WorkerLease GrantWarm(Worker worker, long askedAt, string site, int line)
    {
        Interlocked.Increment(ref _warmHits);
        var lease = Grant(worker, LeaseSource.Warm, askedAt, site, line);
        if (Idle * 2 < Target)
        {
            _ring();
        }
        else
        {
            // Enough are left to wait until the lessee's first words are on their way.
            worker.Process.RingAfterWrite(_ring);
        }

        return lease;
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

    // Counts in the pool it waits in, from the moment it is made until it leaves.
    private sealed class Waiter : TaskCompletionSource<Worker>
    {
        private readonly Lock _gate = new();
        private ProfilePool? _pool;

        public Waiter(ProfilePool pool)
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
            _pool = pool;
            Interlocked.Increment(ref pool._waitingCount);
        }

        public bool TryMoveTo(ProfilePool pool)
        {
            lock (_gate)
            {
                if (_pool is not { } former)
                {
                    return false;
                }

                Interlocked.Increment(ref pool._waitingCount);
                Interlocked.Decrement(ref former._waitingCount);
                _pool = pool;
                return true;
            }
        }

        public void Leave()
        {
            lock (_gate)
            {
                if (_pool is { } pool)
                {
                    Interlocked.Decrement(ref pool._waitingCount);
                    _pool = null;
                }
            }
        }
    }
}
