using System.Collections.Concurrent;

namespace Pilotlight.Processes;

/// <summary>The processes of one profile: the parked ones, those who wait for one, and the counts.</summary>
/// <remarks>The hit path is <see cref="TryTake"/>: no lock, no allocation, no system call. All else is the controller's pace.</remarks>
internal sealed class ProfilePool
{
    private readonly PoolController _controller;
    private readonly Action _ring;
    private readonly IdleStore<Worker> _idle = new();
    private readonly WaitingLine _waiting;
    private readonly WarmPoolOptions _options;
    private readonly TimeProvider _time;
    private ProfilePool? _successor;
    private ProfilePool? _former;
    private int _leasedCount;
    private long _arrivals;
    private int _misses;
    private long _warmHits;
    private long _coldStarts;

    public ProfilePool(ProcessProfile profile, PoolController controller, Lock waitingGate, WarmPoolOptions options, TimeProvider time)
    {
        Profile = profile;
        _controller = controller;
        _options = options;
        _time = time;
        _ring = controller.Ring;
        _waiting = new WaitingLine(waitingGate);
        Demand = new DemandEstimator(time);
        Stock = new StockPolicy(options, time);
        Guard = new StartGuard(profile, options, time);
        Program = new ProgramWatch(profile.FileName, options.RenewalCheck, time, controller.Ring);
    }

    public ProcessProfile Profile { get; }

    /// <summary>Owned by the controller, like all that can be set below.</summary>
    public DemandEstimator Demand { get; set; }

    /// <summary>When to start more and when to end some.</summary>
    public StockPolicy Stock { get; }

    /// <summary>Whether starts are tried.</summary>
    public StartGuard Guard { get; }

    public int Starting { get; set; }

    public int Target { get; set; }

    /// <summary>Whether an old process waits to be replaced; one more is parked meanwhile.</summary>
    public bool IsRenewing { get; set; }

    /// <summary>How many are to be parked now.</summary>
    public int Wanted => IsRenewing ? Target + 1 : Target;

    /// <summary>Whether some are to be kept parked, or processes start only when asked for.</summary>
    public bool IsRegistered { get; set; }

    /// <summary>Whether an operator has none kept parked for now.</summary>
    public bool IsDrained { get; set; }

    /// <summary>Whether the program's file is still the one that processes were started from.</summary>
    public ProgramWatch Program { get; }

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

    public int Waiting => _waiting.Count;

    public long WarmHits => Interlocked.Read(ref _warmHits);

    public long ColdStarts => Interlocked.Read(ref _coldStarts);

    /// <summary>All workers that are parked or leased, for the snapshot, the drain, and what time brings.</summary>
    public ConcurrentDictionary<Worker, byte> Workers { get; } = new();

    public ValueTask<WorkerLease> AcquireAsync(string site, int line, CancellationToken cancellationToken)
    {
        var askedAt = _time.GetTimestamp();
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
        // Counted on both sides for a moment, rather than on neither: the cap holds.
        Interlocked.Increment(ref _leasedCount);
        while (_idle.TryTake(WorkerState.Leased) is { } worker)
        {
            if (!worker.Process.HasExited)
            {
                worker.Thaw();
                return worker;
            }

            Guard.Judging();
            worker.TryMove(WorkerState.Leased, WorkerState.Dead);
            _controller.Bury(worker);
        }

        Interlocked.Decrement(ref _leasedCount);
        return null;
    }

    /// <summary>Gives a process that has just been warmed up to whoever has waited longest, or parks it.</summary>
    public void Offer(Worker worker)
    {
        worker.TryMove(WorkerState.Starting, WorkerState.Leased);
        Interlocked.Increment(ref _leasedCount);
        ServeOrPark(worker);
    }

    /// <summary>Replaces a parked process when it dies. Once for each worker, after it was offered.</summary>
    public static void WatchForDeath(Worker worker) => _ = worker.Process.Ended.ContinueWith(
        static (_, state) => ((Worker)state!).Pool.BuryIfParked((Worker)state),
        worker,
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    /// <summary>Serves those who wait from what is parked: the two may have missed each other.</summary>
    public void ServeWaiters()
    {
        while (Waiting > 0 && TryTake() is { } worker)
        {
            if (!ServeOrPark(worker))
            {
                return; // They all left in the meantime.
            }
        }
    }

    /// <summary>Those who began to wait before this pool was replaced are served by its successor.</summary>
    public void PassOnWaiters()
    {
        if (_waiting.MoveTo(Newest._waiting))
        {
            _ring();
        }
    }

    public int TakeMisses() => Interlocked.Exchange(ref _misses, 0);

    public long TakeArrivals() => Interlocked.Exchange(ref _arrivals, 0);

    /// <summary>The process that has been parked for longest, taken out; null when there is none.</summary>
    public Worker? TakeForRetirement() => _idle.TryTake(WorkerState.Retiring);

    /// <summary>Takes one parked process out because of <paramref name="to"/>; false when somebody else was faster.</summary>
    public bool TryRemoveIdle(Worker worker, WorkerState to) => _idle.TryRemove(worker, to);

    /// <summary>Fails those who wait: the first of them, or all.</summary>
    public void FailWaiters(Exception cause, bool all) => _waiting.Fail(cause, all);

    /// <summary>Takes a clean process back.</summary>
    public Task Return(Worker worker)
    {
        if (worker.Process.HasExited || _controller.IsStopping || _time.GetElapsedTime(worker.WarmedAt) > worker.MaxAge)
        {
            return EndLease(worker);
        }

        worker.Lease = new WorkerLease(worker);
        _controller.Metrics.Recycled(this);
        TakeBack(worker);
        return Task.CompletedTask;
    }

    /// <summary>Ends a leased process; the task completes at its end and never faults. Nothing for one that is not leased any more.</summary>
    public Task EndLease(Worker worker)
    {
        if (!worker.TryMove(WorkerState.Leased, WorkerState.Dead))
        {
            return Task.CompletedTask;
        }

        var ending = _controller.End(worker, "leased");
        Interlocked.Decrement(ref _leasedCount);
        return ending;
    }

    private async ValueTask<WorkerLease> WaitAsync(long askedAt, string site, int line, CancellationToken cancellationToken)
    {
        ThrowIfNotServed();
        Interlocked.Increment(ref _misses);
        var waiter = _waiting.TryJoin(_options.MaxWaiting)
            ?? throw Rejected($"{_options.MaxWaiting} callers wait already. Raise Pilotlight:Pool:MaxWaiting, or MaxProcesses");
        try
        {
            _controller.Ring();
            if (_controller.IsStopping)
            {
                waiter.TrySetException(new PoolStoppedException()); // It may have come after the last look at the line.
            }

            var worker = await waiter.Task.WaitAsync(_options.AcquireTimeout, _time, cancellationToken);
            Interlocked.Increment(ref _coldStarts);
            return Grant(worker, LeaseSource.Cold, askedAt, site, line);
        }
        catch (TimeoutException)
        {
            TakeBackIfServed(waiter);
            throw Rejected($"none came free in {_options.AcquireTimeout}. Raise Pilotlight:Pool:MaxProcesses, or AcquireTimeout");
        }
        catch (OperationCanceledException)
        {
            TakeBackIfServed(waiter);
            throw;
        }
        finally
        {
            waiter.Leave();
        }
    }

    private void ThrowIfNotServed()
    {
        if (_controller.IsStopping)
        {
            throw new PoolStoppedException();
        }

        if (Guard.Refusal is { } failing)
        {
            throw failing;
        }

        if (_controller.Memory.Refusal is { } full)
        {
            throw Rejected(full);
        }
    }

    // A process may have been handed over in the very moment in which its caller gave up; it must not be lost.
    private void TakeBackIfServed(WaitingLine.Waiter waiter)
    {
        if (!waiter.TrySetCanceled(CancellationToken.None) && waiter.Task.IsCompletedSuccessfully)
        {
            TakeBack(waiter.Task.Result);
        }
    }

    /// <summary>Says how full the pool is, and what to raise.</summary>
    public PoolRejectedException Rejected(string why) => new(
        $"No process of '{Profile.Name}' could be had: {_controller.Total} of {_options.MaxProcesses} processes are up, {Leased} of them leased here, and {why}.");

    private void TakeBack(Worker worker)
    {
        worker.Pool.ServeOrPark(worker);
        if (_controller.IsStopping)
        {
            _controller.EndParked(worker.Pool); // It may have come after the last look at what is parked.
        }

        _ring();
    }

    // What comes is leased and counted so; false when it was parked.
    private bool ServeOrPark(Worker worker)
    {
        if (_waiting.TryServe(worker))
        {
            return true;
        }

        worker.ParkedAt = _time.GetTimestamp();
        _idle.Park(worker);
        Interlocked.Decrement(ref _leasedCount);

        // Its death was nobody's business while it was leased.
        if (worker.Process.HasExited)
        {
            BuryIfParked(worker);
        }

        return false;
    }

    private void BuryIfParked(Worker worker)
    {
        // Said before it is missed, and the controller starts another.
        Guard.Judging();
        if (TryRemoveIdle(worker, WorkerState.Dead))
        {
            _controller.Bury(worker);
        }
        else
        {
            Guard.NotJudged();
        }
    }

    private WorkerLease GrantWarm(Worker worker, long askedAt, string site, int line)
    {
        Interlocked.Increment(ref _warmHits);
        var lease = Grant(worker, LeaseSource.Warm, askedAt, site, line);
        if (Idle == 0)
        {
            _ring();
        }
        else
        {
            // Some are left, which can wait until the lessee's first words are on their way: ringing may cost a system call.
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
        lease.AcquiredAt = _time.GetTimestamp();
        lease.AcquireDuration = _time.GetElapsedTime(askedAt, lease.AcquiredAt);
        _controller.Metrics.Acquired(this, lease);
        return lease;
    }
}
