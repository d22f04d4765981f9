using System.Collections.Concurrent;

namespace Pilotlight.Processes;

/// <summary>One profile's workers that are up, parked or leased: every move from the one to the other and to their end.</summary>
/// <remarks>
/// Safe for concurrent use, and the one owner of both counts. The hit path is <see cref="TryTake"/>: no lock, no allocation, no
/// system call.
/// </remarks>
internal sealed class WorkerStore(PoolServices services, StartGuard guard)
{
    private readonly IdleStore<Worker> _idle = new();
    private readonly ConcurrentDictionary<Worker, byte> _all = new();
    private int _leased;

    /// <summary>Parked ones.</summary>
    public int Idle => _idle.Count;

    public int Leased => Volatile.Read(ref _leased);

    public bool IsEmpty => _all.IsEmpty;

    public ICollection<Worker> All => _all.Keys;

    /// <summary>Takes a parked one that lives, as far as is known, as leased; null when there is none.</summary>
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

            guard.Judging();
            worker.TryMove(WorkerState.Leased, WorkerState.Dead);
            Bury(worker);
        }

        Interlocked.Decrement(ref _leased);
        return null;
    }

    /// <summary>Takes in a new one, as leased.</summary>
    public void Add(Worker worker)
    {
        _all[worker] = 0;
        worker.TryMove(WorkerState.Starting, WorkerState.Leased);
        Interlocked.Increment(ref _leased);
    }

    /// <summary>Parks a leased one.</summary>
    public void Park(Worker worker)
    {
        worker.ParkedAt = services.Time.GetTimestamp();
        _idle.Park(worker);
        Interlocked.Decrement(ref _leased);

        // Its death was nobody's business while it was leased.
        if (worker.Process.HasExited)
        {
            BuryIfParked(worker);
        }
    }

    /// <summary>Ends the one that has been parked for longest; false when there is none.</summary>
    public bool TryEndOldest(string reason)
    {
        if (_idle.TryTake(WorkerState.Retiring) is not { } worker)
        {
            return false;
        }

        _ = End(worker, reason);
        return true;
    }

    /// <summary>Ends a parked one; false when somebody else was faster.</summary>
    public bool TryEndParked(Worker worker, string reason)
    {
        if (!_idle.TryRemove(worker, WorkerState.Retiring))
        {
            return false;
        }

        _ = End(worker, reason);
        return true;
    }

    /// <summary>Ends all that are parked.</summary>
    public void EndParked(string reason)
    {
        while (TryEndOldest(reason))
        {
        }
    }

    /// <summary>
    /// Ends a leased one; the task completes at its end and never faults, also when another had told it to.
    /// </summary>
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

    /// <summary>Buries a parked one that has died, if nobody has taken it.</summary>
    public void BuryIfParked(Worker worker)
    {
        // Said before it is missed, and the controller starts another.
        guard.Judging();
        if (_idle.TryRemove(worker, WorkerState.Dead))
        {
            Bury(worker);
        }
        else
        {
            guard.NotJudged();
        }
    }

    private Task End(Worker worker, string reason)
    {
        _all.TryRemove(worker, out _);
        return services.Ends.End(worker, reason);
    }

    private void Bury(Worker worker)
    {
        _all.TryRemove(worker, out _);
        services.Ends.Bury(worker);
    }
}
