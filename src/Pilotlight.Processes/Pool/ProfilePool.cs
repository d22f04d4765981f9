namespace Pilotlight.Processes;

/// <summary>Hands out one profile's processes: what is parked at once, else to whoever waits, as they come.</summary>
/// <remarks>
/// Safe for concurrent use. What is started, and what is ended for want of use, is the controller's to decide, which keeps its
/// own account in <see cref="Upkeep"/>.
/// </remarks>
internal sealed class ProfilePool : IDisposable
{
    private readonly PoolServices _services;
    private readonly WaitingCallers _waiting;
    private readonly TimeProvider _time;
    private readonly PoolMetrics _metrics;
    private readonly Action _ring;
    private readonly CancellationTokenSource _closing = new();
    private ProfilePool? _successor;
    private ProfilePool? _former;
    private volatile bool _isClosed;
    private volatile bool _isRegistered;
    private volatile bool _isDrained;
    private long _arrivals;
    private long _expected;
    private long _warmHits;
    private long _coldStarts;

    public ProfilePool(ProcessProfile profile, string name, Lock waitingGate, PoolServices services)
    {
        (Profile, Name, _services) = (profile, name, services);
        (_time, _metrics, _ring) = (services.Time, services.Metrics, services.Bell.Ring);
        _waiting = new WaitingCallers(waitingGate, services);
        Upkeep = new ProfileUpkeep(profile, services);
        Workers = new WorkerStore(services, Upkeep.Guard);
    }

    public ProcessProfile Profile { get; }

    /// <summary>The profile's name as it was first written.</summary>
    public string Name { get; }

    /// <summary>
    /// The pool that took this one's place; null for the newest. <see cref="Succession"/> alone sets it, like the next.
    /// </summary>
    public ProfilePool? Successor
    {
        get => Volatile.Read(ref _successor);
        set => Volatile.Write(ref _successor, value);
    }

    /// <summary>The pool whose place this one took; null for the first.</summary>
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

    /// <summary>The controller's account of it.</summary>
    public ProfileUpkeep Upkeep { get; }

    /// <summary>Its processes, parked and leased.</summary>
    public WorkerStore Workers { get; }

    /// <summary>
    /// Whether some are to be kept parked, or processes start only when asked for. The pool's user says so, like the next.
    /// </summary>
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
    public bool IsLeaving => _isClosed || Successor is not null;

    /// <summary>Whether some are to be kept parked now.</summary>
    public bool IsStocked => _isRegistered && !_isDrained && !IsLeaving;

    /// <summary>Breaks off starts when it is let go.</summary>
    public CancellationToken Closing => _closing.Token;

    public int Waiting => _waiting.Count;

    public long WarmHits => Interlocked.Read(ref _warmHits);

    public long ColdStarts => Interlocked.Read(ref _coldStarts);

    /// <summary>Processes that are starting, parked or leased.</summary>
    public int Total => Upkeep.Starting + Workers.Idle + Workers.Leased;

    /// <summary>Hands out a parked process at once, the newest configuration's first, or waits for one.</summary>
    public ValueTask<WorkerLease> AcquireAsync(string site, int line, CancellationToken cancellationToken)
    {
        var askedAt = _time.GetTimestamp();
        cancellationToken.ThrowIfCancellationRequested();
        var newest = Newest;
        Interlocked.Increment(ref newest._arrivals);
        var worker = newest.Workers.TryTake();
        for (var former = newest.Former; worker is null && former is not null; former = former.Former)
        {
            worker = former.Workers.TryTake();
        }

        return worker is null
            ? newest.WaitAsync(askedAt, site, line, cancellationToken)
            : new ValueTask<WorkerLease>(newest.GrantWarm(worker, askedAt, site, line));
    }

    /// <summary>Takes in a process that has just been warmed up: whoever has waited longest gets it, or it is parked.</summary>
    public void Add(Worker worker)
    {
        Workers.Add(worker);
        ServeOrPark(worker);
        worker.WatchForDeath();
    }

    /// <summary>Serves those who wait from what is parked: the two may have missed each other.</summary>
    public void ServeWaiters()
    {
        while (Waiting > 0 && Workers.TryTake() is { } worker)
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
        if (_waiting.MoveTo(Newest._waiting))
        {
            _ring();
        }
    }

    /// <summary>Fails those who wait: the first of them, or all.</summary>
    public void FailWaiters(Exception cause, bool all) => _waiting.Fail(cause, all);

    public int TakeMisses() => _waiting.TakeMisses();

    public long TakeArrivals() => Interlocked.Exchange(ref _arrivals, 0);

    /// <summary>A caller is about to come.</summary>
    public void Expect() => Interlocked.Increment(ref Newest._expected);

    public long TakeExpected() => Interlocked.Exchange(ref _expected, 0);

    /// <summary>
    /// Takes a clean process back; the task completes when that is done, or at the end of one that is not fit to be parked.
    /// </summary>
    public Task Return(Worker worker)
    {
        if (worker.Process.HasExited || _services.IsStopping || IsClosed
            || _time.GetElapsedTime(worker.WarmedAt) > worker.MaxAge)
        {
            return Workers.EndLease(worker);
        }

        worker.Lease = Profile.CreateLease(worker);
        _metrics.Recycled(this);
        TakeBack(worker);
        return Task.CompletedTask;
    }

    /// <summary>Serves or parks a worker that its lessee, or a caller who gave up, has no use for.</summary>
    public void TakeBack(Worker worker)
    {
        ServeOrPark(worker);
        _ring();
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
        + $"{Workers.Leased} of them leased here, and {why}.");

    private async ValueTask<WorkerLease> WaitAsync(long askedAt, string site, int line, CancellationToken cancellationToken)
    {
        var worker = await _waiting.WaitAsync(this, cancellationToken);
        Interlocked.Increment(ref _coldStarts);
        return Grant(worker, LeaseSource.Cold, askedAt, site, line);
    }

    // What comes is leased and counted so; false when it was parked.
    private bool ServeOrPark(Worker worker)
    {
        if (_waiting.TryServe(worker))
        {
            return true;
        }

        Workers.Park(worker);
        if (_services.IsStopping || IsClosed)
        {
            // It may have come after the last look at what is parked.
            Workers.TryEndParked(worker, _services.IsStopping ? "stopped" : "unregistered");
        }

        return false;
    }

    private WorkerLease GrantWarm(Worker worker, long askedAt, string site, int line)
    {
        Interlocked.Increment(ref _warmHits);
        var lease = Grant(worker, LeaseSource.Warm, askedAt, site, line);
        if (Workers.Idle == 0)
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
        var acquiredAt = _time.GetTimestamp();
        var lease = worker.Lease;
        lease.Granted(source, acquiredAt, _time.GetElapsedTime(askedAt, acquiredAt), site, line);
        _metrics.Acquired(this, lease);
        return lease;
    }
}
