namespace Pilotlight.Processes;

/// <summary>Where a worker is in its life.</summary>
internal enum WorkerState
{
    Idle,
    Leased,
    Retiring,
    Dead,
}

/// <summary>One warmed-up process in the pool.</summary>
/// <remarks>
/// The state moves only by compare-and-set: acquire, death, age and drain race for <c>Idle→…</c>, and the winner alone owns
/// what comes next. An entry of the idle store whose worker is no longer idle is stale, and skipped.
/// </remarks>
internal sealed class Worker
{
    private int _state = (int)WorkerState.Idle;

    public Worker(ProfilePool pool, ChildProcess process, ProgramStamp? stamp, long warmedAt, TimeSpan maxAge)
    {
        Stamp = stamp;
        Pool = pool;
        Process = process;
        WarmedAt = warmedAt;
        MaxAge = maxAge;
        Lease = new WorkerLease(this);
    }

    public ProfilePool Pool { get; }

    public ChildProcess Process { get; }

    public ProgramStamp? Stamp { get; }

    public long WarmedAt { get; }

    public TimeSpan MaxAge { get; }

    /// <summary>Made ahead, so that an acquire allocates nothing.</summary>
    public WorkerLease Lease { get; set; }

    public WorkerState State => (WorkerState)Volatile.Read(ref _state);

    public bool TryMove(WorkerState from, WorkerState to) =>
        Interlocked.CompareExchange(ref _state, (int)to, (int)from) == (int)from;
}
