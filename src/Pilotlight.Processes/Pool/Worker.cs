namespace Pilotlight.Processes;

/// <summary>Where a worker is in its life.</summary>
internal enum WorkerState
{
    Starting,
    Idle,
    Leased,
    Retiring,
    Dead,
}

/// <summary>
/// A state that moves only by compare-and-set: acquire, death, age and drain race for <c>Idle→…</c>, and the winner alone owns
/// what comes next. It becomes idle in the store's hands alone.
/// </summary>
internal abstract class PoolItem
{
    private int _state = (int)WorkerState.Starting;

    public WorkerState State => (WorkerState)Volatile.Read(ref _state);

    public bool TryMove(WorkerState from, WorkerState to) =>
        Interlocked.CompareExchange(ref _state, (int)to, (int)from) == (int)from;
}

/// <summary>One warmed-up process in the pool.</summary>
internal sealed class Worker : PoolItem
{
    private bool _isFrozen;

    public Worker(ProfilePool pool, ChildProcess process, ProgramStamp? stamp, long warmedAt, TimeSpan maxAge)
    {
        Stamp = stamp;
        Pool = pool;
        Process = process;
        WarmedAt = ParkedAt = warmedAt;
        MaxAge = maxAge;
    }

    public ProfilePool Pool { get; }

    public ChildProcess Process { get; }

    public ProgramStamp? Stamp { get; }

    public long WarmedAt { get; }

    public long ParkedAt { get; set; }

    public TimeSpan MaxAge { get; }

    /// <summary>
    /// Made ahead of each acquire, so that that allocates nothing; whoever offers the worker to its pool makes it.
    /// </summary>
    public WorkerLease Lease { get; set; } = null!;

    public bool IsFrozen => Volatile.Read(ref _isFrozen);

    /// <summary>Has it replaced when it dies while it is parked. Once for each worker, after it was offered.</summary>
    public void WatchForDeath() => _ = Process.Ended.ContinueWith(
        static (_, state) => ((Worker)state!).Pool.Workers.BuryIfParked((Worker)state),
        this,
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    /// <summary>Stops a parked process. The controller's alone to call.</summary>
    /// <remarks>
    /// Marked before it is stopped, and looked at again after. An acquire that comes later sees the mark and thaws; one that came
    /// between has taken the worker or the mark away (and may have given the worker back), which is seen here. So the last
    /// signal that a leased process gets is SIGCONT.
    /// </remarks>
    public void Freeze()
    {
        Interlocked.Exchange(ref _isFrozen, true);
        Process.Suspend();
        if (State != WorkerState.Idle || !IsFrozen)
        {
            Volatile.Write(ref _isFrozen, false);
            Process.Resume();
        }
    }

    /// <summary>Lets a frozen process run on; nothing for one that is not.</summary>
    public void Thaw()
    {
        if (IsFrozen)
        {
            Volatile.Write(ref _isFrozen, false);
            Process.Resume();
        }
    }
}
