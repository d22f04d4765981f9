using Microsoft.Extensions.Logging;

namespace Pilotlight.Processes;

/// <summary>
/// What time brings to those who stay: a process that is parked for long is frozen, a lease that is held for long is warned of.
/// </summary>
/// <remarks>The controller owns it.</remarks>
internal sealed class LongStays(WarmPoolOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Does what is due, and returns how long until the next.</summary>
    public TimeSpan Look(ProfilePool pool)
    {
        var next = Timeout.InfiniteTimeSpan;
        if (options.FreezeAfter is null && options.LeakAfter is null)
        {
            return next;
        }

        foreach (var worker in pool.Workers.All)
        {
            next = Deadline.Sooner(next, worker.State switch
            {
                WorkerState.Idle => Freeze(worker),
                WorkerState.Leased => WarnOfLeak(worker),
                _ => Timeout.InfiniteTimeSpan,
            });
        }

        // A lease need not have told us that it was taken: whoever never writes rings no bell.
        return options.LeakAfter is { } limit && !pool.Workers.IsEmpty ? Deadline.Sooner(next, limit) : next;
    }

    private TimeSpan Freeze(Worker worker)
    {
        if (options.FreezeAfter is not { } limit || worker.IsFrozen)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var left = limit - time.GetElapsedTime(worker.ParkedAt);
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        worker.Freeze();
        return Timeout.InfiniteTimeSpan;
    }

    private TimeSpan WarnOfLeak(Worker worker)
    {
        var lease = worker.Lease;
        if (options.LeakAfter is not { } limit || lease.Site is not { } site || lease.IsLeakReported)
        {
            return Timeout.InfiniteTimeSpan;
        }

        var left = limit - time.GetElapsedTime(lease.AcquiredAt);
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        PoolLog.LeakSuspected(logger, worker.Pool.Name, worker.Process.Id, limit, site, lease.Line);
        lease.IsLeakReported = true;
        return Timeout.InfiniteTimeSpan;
    }
}
