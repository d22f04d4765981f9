using System.Collections.Concurrent;

namespace Pilotlight.Processes;

/// <summary>Hands out one profile's processes: the parked ones, those who wait for one, and the counts of both.</summary>
/// <remarks>
/// Safe for concurrent use. The hit path is <see cref="TryTake"/>: no lock, no allocation, no system call. What is started and
/// what is ended for want of use is the controller's to decide, which keeps its own account in <see cref="Upkeep"/>.
/// </remarks>
internal sealed class ProfilePool : IDisposable
{
    private readonly PoolServices _services;
    private readonly IdleStore<Worker> _idle = new();
    private readonly ConcurrentDictionary<Worker, byte> _workers = new();
    private readonly WaitingLine _waiting;
    private readonly Action _ring;
    private readonly CancellationTokenSource _closing = new();
    private volatile bool _isClosed;
    private volatile bool _isRegistered;
    private volatile bool _isDrained;
    private int _leased;
    private int _misses;
    private long _arrivals;
    private long _warmHits;
    private long _coldStarts;

    public ProfilePool(ProcessProfile profile, string name, Lock waitingGate, PoolServices services)
    {
        (Profile, Name, _services, _ring) = (profile, name, services, services.Bell.Ring);
        _waiting = new WaitingLine(waitingGate);
        Succession = new Succession(this);
        Upkeep = new ProfileUpkeep(profile, services);
    }

    public ProcessProfile Profile { get; }

    /// <summary>The profile's name as it was first written.</summary>
    public string Name { get; }

    /// <summary>Whose place this one took, and who took its.</summary>
    public Succession Succession { get; }

    /// <summary>The controller's account of it.</summary>
    public ProfileUpkeep Upkeep { get; }

    /// <summary>Whether some are to be kept parked, or processes start only when asked for. The pool's user says so, like the next.</summary>
    public bool IsRegistered
    {
        get => _isRegistered;
        set => _isRegistered = value;
    }

    /// <summary>Whether an operator has none kept parked for now.</summary>
    public bool IsDrained
    {
        get => _isDrained;
        set => _isDrained = value;
    }

    /// <summary>Whether it was let go: what is parked or starting ends, what is leased ends when it is given back.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Whether nothing is started in it any more: it was let go, or another takes its place.</summary>
    public bool IsLeaving => _isClosed || Succession.Successor is not null;

    /// <summary>Whether some are to be kept parked now.</summary>
    public bool IsStocked => _isRegistered && !_isDrained && !IsLeaving;

    /// <summary>Breaks off starts when it is let go.</summary>
    public CancellationToken Closing => _closing.Token;

    public int Idle => _idle.Count;

    public int Leased => Volatile.Read(ref _leased);

    public int Waiting => _waiting.Count;

    public long WarmHits => Interlocked.Read(ref _warmHits);

    public long ColdStarts => Interlocked.Read(ref _coldStarts);

    /// <summary>Processes that are starting, parked or leased.</summary>
    public int Total => Upkeep.Starting + Idle + Leased;

    /// <summary>All workers that are parked or leased.</summary>
    public ICollection<Worker> Workers => _workers.Keys;

    public bool HasWorkers => !_workers.IsEmpty;

    /// <summary>Hands out a parked process at once, the newest configuration's first, or waits for one.</summary>
    public ValueTask<WorkerLease> AcquireAsync(string site, int line, CancellationToken cancellationToken)
    {
        var askedAt = _services.Time.GetTimestamp();
        cancellationToken.ThrowIfCancellationRequested();
        var newest = Succession.Newest;
        Interlocked.Increment(ref newest._arrivals);
        var worker = newest.TryTake();
        for (var former = newest.Succession.Former; worker is null && former is not null; former = former.Succession.Former)
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
        Interlocked.Increment(ref _leased);
        while (_idle.TryTake(WorkerState.Leased) is { } worker)
        {
            if (!worker.Process.HasExited)
            {
                worker.Thaw();
                return worker;
            }

            Upkeep.Guard.Judging();
            worker.TryMove(WorkerState.Leased, WorkerState.Dead);
            Bury(worker);
        }

        Interlocked.Decrement(ref _leased);
        return null;
    }

    /// <summary>Takes in a process that has just been warmed up: whoever has waited longest gets it, or it is parked.</summary>
    public void Add(Worker worker)
    {
        _workers[worker] = 0;
        worker.TryMove(WorkerState.Starting, WorkerState.Leased);
        Interlocked.Increment(ref _leased);
        ServeOrPark(worker);
        worker.WatchForDeath();
    }

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

    /// <summary>Those who began to wait before another took this one's place are served by that.</summary>
    public void PassOnWaiters()
    {
        if (_waiting.MoveTo(Succession.Newest._waiting))
        {
            _ring();
        }
    }

    /// <summary>Fails those who wait: the first of them, or all.</summary>
    public void FailWaiters(Exception cause, bool all) => _waiting.Fail(cause, all);

    public int TakeMisses() => Interlocked.Exchange(ref _misses, 0);

    public long TakeArrivals() => Interlocked.Exchange(ref _arrivals, 0);

    /// <summary>Ends the process that has been parked for longest; false when there is none.</summary>
    public bool TryEndOldest(string reason)
    {
        if (_idle.TryTake(WorkerState.Retiring) is not { } worker)
        {
            return false;
        }

        _ = End(worker, reason);
        return true;
    }

    /// <summary>Ends a parked process; false when somebody else was faster.</summary>
    public bool TryEndParked(Worker worker, string reason)
    {
        if (!_idle.TryRemove(worker, WorkerState.Retiring))
        {
            return false;
        }

        _ = End(worker, reason);
        return true;
    }

    /// <summary>Ends all that is parked.</summary>
    public void EndParked(string reason)
    {
        while (TryEndOldest(reason))
        {
        }
    }

    /// <summary>Takes a clean process back; the task completes when that is done, or at the end of one that is not fit to be parked.</summary>
    public Task Return(Worker worker)
    {
        if (worker.Process.HasExited || _services.IsStopping || IsClosed
            || _services.Time.GetElapsedTime(worker.WarmedAt) > worker.MaxAge)
        {
            return EndLease(worker);
        }

        worker.Lease = Profile.CreateLease(worker);
        _services.Metrics.Recycled(this);
        TakeBack(worker);
        return Task.CompletedTask;
    }

    /// <summary>Ends a leased process; the task completes at its end and never faults, also when another had told it to.</summary>
    public Task EndLease(Worker worker)
    {
        if (!worker.TryMove(WorkerState.Leased, WorkerState.Dead))
        {
            return worker.Process.Exited;
        }

        var ending = End(worker, "leased");
        Interlocked.Decrement(ref _leased);
        return ending;
    }

    /// <summary>Buries a parked process that has died, if nobody has taken it.</summary>
    public void BuryIfParked(Worker worker)
    {
        // Said before it is missed, and the controller starts another.
        Upkeep.Guard.Judging();
        if (_idle.TryRemove(worker, WorkerState.Dead))
        {
            Bury(worker);
        }
        else
        {
            Upkeep.Guard.NotJudged();
        }
    }

    /// <summary>Lets it go. <see cref="ProfilePools"/> alone calls this, once; the controller does what follows.</summary>
    public void Close()
    {
        _isClosed = true;

        // From a timer: whoever lets it go does not run what its starts have to do about it.
        _closing.CancelAfter(TimeSpan.Zero);
    }

    /// <summary>For one that was let go and has nothing left.</summary>
    public void Dispose() => _closing.Dispose();

    /// <summary>Says how full the pool is, and what to raise.</summary>
    public PoolRejectedException Rejected(string why) => new(
        $"No process of '{Name}' could be had: {_services.Pools.Total} of {_services.Options.MaxProcesses} processes are up, "
        + $"{Leased} of them leased here, and {why}.");

    private async ValueTask<WorkerLease> WaitAsync(long askedAt, string site, int line, CancellationToken cancellationToken)
    {
        ThrowIfNotServed();
        Interlocked.Increment(ref _misses);
        var options = _services.Options;
        var waiter = _waiting.TryJoin(options.MaxWaiting)
            ?? throw Rejected($"{options.MaxWaiting} callers wait already. Raise Pilotlight:Pool:MaxWaiting, or MaxProcesses");
        try
        {
            _ring();
            FailIfTooLate(waiter);
            var worker = await waiter.Task.WaitAsync(options.AcquireTimeout, _services.Time, cancellationToken);
            Interlocked.Increment(ref _coldStarts);
            return Grant(worker, LeaseSource.Cold, askedAt, site, line);
        }
        catch (TimeoutException)
        {
            TakeBackIfServed(waiter);
            throw Rejected($"none came free in {options.AcquireTimeout}. Raise Pilotlight:Pool:MaxProcesses, or AcquireTimeout");
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
        if (_services.IsStopping)
        {
            throw new PoolStoppedException();
        }

        if (Upkeep.Guard.Refusal is { } failing)
        {
            throw failing;
        }

        if (_services.Memory.Refusal is { } full)
        {
            throw Rejected(full);
        }
    }

    // It may have come after the last look at the line.
    private void FailIfTooLate(WaitingLine.Waiter waiter)
    {
        if (_services.IsStopping)
        {
            waiter.TrySetException(new PoolStoppedException());
        }
        else if (IsClosed)
        {
            waiter.TrySetException(PoolRejectedException.LetGo(Name));
        }
    }

    // A process may have been handed over in the very moment in which its caller gave up; it must not be lost.
    private static void TakeBackIfServed(WaitingLine.Waiter waiter)
    {
        if (!waiter.TrySetCanceled(CancellationToken.None) && waiter.Task.IsCompletedSuccessfully)
        {
            var worker = waiter.Task.Result;
            worker.Pool.TakeBack(worker);
        }
    }

    private void TakeBack(Worker worker)
    {
        ServeOrPark(worker);
        _ring();
    }

    // What comes is leased and counted so; false when it was parked.
    private bool ServeOrPark(Worker worker)
    {
        if (_waiting.TryServe(worker))
        {
            return true;
        }

        worker.ParkedAt = _services.Time.GetTimestamp();
        _idle.Park(worker);
        Interlocked.Decrement(ref _leased);

        // Its death was nobody's business while it was leased, and it may have come after the last look at what is parked.
        if (worker.Process.HasExited)
        {
            BuryIfParked(worker);
        }
        else if (_services.IsStopping || IsClosed)
        {
            TryEndParked(worker, _services.IsStopping ? "stopped" : "unregistered");
        }

        return false;
    }

    private Task End(Worker worker, string reason)
    {
        _workers.TryRemove(worker, out _);
        return _services.Ends.End(worker, reason);
    }

    private void Bury(Worker worker)
    {
        _workers.TryRemove(worker, out _);
        _services.Ends.Bury(worker);
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
        var acquiredAt = _services.Time.GetTimestamp();
        var lease = worker.Lease;
        lease.Granted(source, acquiredAt, _services.Time.GetElapsedTime(askedAt, acquiredAt), site, line);
        _services.Metrics.Acquired(this, lease);
        return lease;
    }
}
