namespace Pilotlight.Processes;

/// <summary>Replaces parked processes that are too old, or of an earlier version of their program.</summary>
/// <remarks>
/// One at a time, each once another is parked in its place: so the stock does not run empty, and when none can be started the
/// old ones go on serving. Where there is no room for one more than wanted, the old one goes first. The controller owns it.
/// </remarks>
internal sealed class Renewal(WarmPoolOptions options, TimeProvider time, WorkerEnds ends)
{
    /// <summary>Ends one that is due if it can be spared, notes whether others are, and returns how long until that is to be asked again.</summary>
    /// <param name="pool">Whose.</param>
    /// <param name="hasRoom">Whether one more than wanted may be started.</param>
    public TimeSpan Look(ProfilePool pool, bool hasRoom)
    {
        var next = LookAtProgram(pool);
        Worker? due = null;
        foreach (var worker in pool.Workers.Keys.Where(worker => worker.State == WorkerState.Idle))
        {
            var left = worker.MaxAge - time.GetElapsedTime(worker.WarmedAt);
            if (left <= TimeSpan.Zero || IsOutdated(pool, worker))
            {
                due = due is null || worker.WarmedAt < due.WarmedAt ? worker : due;
            }
            else
            {
                next = Deadline.Sooner(next, left);
            }
        }

        var isNobodysTurn = !hasRoom && pool.Starting == 0 && ends.Count == 0;
        if (due is not null && (pool.Idle > pool.Target || isNobodysTurn) && pool.TryRemoveIdle(due, WorkerState.Retiring))
        {
            // Its end rings, and the next look finds the next.
            ends.End(due, IsOutdated(pool, due) ? "renewed" : "aged");
        }

        pool.IsRenewing = due is not null;
        return next;
    }

    private static bool IsOutdated(ProfilePool pool, Worker worker) => pool.Stamp is { } stamp && worker.Stamp != stamp;

    private TimeSpan LookAtProgram(ProfilePool pool)
    {
        if (pool.Idle == 0)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var left = pool.StampedAt is { } at ? options.RenewalCheck - time.GetElapsedTime(at) : TimeSpan.Zero;
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        pool.Stamp = ProgramStamp.Of(pool.Profile.FileName);
        pool.StampedAt = time.GetTimestamp();
        return options.RenewalCheck;
    }
}
