namespace Pilotlight.Processes;

/// <summary>Replaces parked processes that are too old, or of an earlier version of their program.</summary>
/// <remarks>
/// One at a time, each once another is parked in its place: so the stock does not run empty, and when none can be started the
/// old ones go on serving. Where there is no room for one more than wanted, the old one goes first. The controller owns it.
/// </remarks>
internal sealed class Renewal(TimeProvider time, WorkerEnds ends)
{
    /// <summary>
    /// Ends one that is due if it can be spared, notes whether others are, and returns how long until that is to be asked again.
    /// </summary>
    /// <param name="pool">Whose.</param>
    /// <param name="hasRoom">Whether one more than wanted may be started.</param>
    public TimeSpan Look(ProfilePool pool, bool hasRoom)
    {
        var next = pool.Workers.Idle > 0 ? pool.Upkeep.Program.Look() : Timeout.InfiniteTimeSpan;
        var due = new List<Worker>();
        foreach (var worker in pool.Workers.All.Where(worker => worker.State == WorkerState.Idle))
        {
            var left = worker.MaxAge - time.GetElapsedTime(worker.WarmedAt);
            if (left <= TimeSpan.Zero || IsOutdated(pool, worker))
            {
                due.Add(worker);
            }
            else
            {
                next = Deadline.Sooner(next, left);
            }
        }

        var isNobodysTurn = !hasRoom && pool.Upkeep.Starting == 0 && ends.Count == 0;
        if ((pool.Workers.Idle > pool.Upkeep.Target || isNobodysTurn)
            && due.MinBy(worker => worker.WarmedAt) is { } oldest
            && pool.Workers.TryEndParked(oldest, IsOutdated(pool, oldest) ? "renewed" : "aged"))
        {
            due.Remove(oldest); // Its end rings, and the next look finds the next.
        }

        pool.Upkeep.IsRenewing = due.Count > 0;
        return next;
    }

    private static bool IsOutdated(ProfilePool pool, Worker worker) =>
        pool.Upkeep.Program.Stamp is { } stamp && worker.Stamp != stamp;
}
