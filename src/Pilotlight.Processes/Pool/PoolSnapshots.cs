namespace Pilotlight.Processes;

/// <summary>Reads a pool as it is now, for people.</summary>
internal static class PoolSnapshots
{
    public static PoolSnapshot Take(IEnumerable<ProfilePool> pools, WarmPoolOptions options, bool withMemory) => new(
        [.. pools.Where(pool => !pool.IsLeaving || !pool.Workers.IsEmpty)
            .OrderBy(pool => pool.Name, StringComparer.OrdinalIgnoreCase).ThenBy(pool => pool.IsLeaving)
            .Select(pool => Take(pool, options, withMemory))],
        options.MaxProcesses);

    private static ProfileSnapshot Take(ProfilePool pool, WarmPoolOptions options, bool withMemory)
    {
        var isLeaving = pool.IsLeaving;
        var breaker = pool.Upkeep.Guard.Breaker;
        return new ProfileSnapshot
        {
            Name = pool.Name,
            Parked = pool.Workers.Idle,
            Starting = pool.Upkeep.Starting,
            Leased = pool.Workers.Leased,
            Waiting = pool.Waiting,
            Target = pool.Upkeep.Target,
            Max = options.MaxIdle,
            WarmHits = pool.WarmHits,
            ColdStarts = pool.ColdStarts,

            // Where nothing is started any more, that starts failed is nobody's trouble.
            Breaker = isLeaving ? BreakerState.Closed : breaker.State,
            LastFailure = isLeaving ? null : breaker.Cause?.Message,
            IsDrained = pool.IsDrained,
            IsLeaving = isLeaving,
            Processes =
            [
                .. pool.Workers.All.OrderBy(worker => worker.WarmedAt).Select(worker => new ProcessSnapshot(
                    worker.Process.Id,
                    worker.State == WorkerState.Leased,
                    worker.Process.StartedAt,
                    withMemory ? worker.Process.MemoryBytes : null)),
            ],
        };
    }
}
