namespace Pilotlight.Processes;

/// <summary>Callers who found nothing parked: whether they may wait, for how long, and what they are told when it is in vain.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class WaitingCallers(Lock gate, PoolServices services)
{
    private readonly WaitingLine _line = new(gate);
    private int _misses;

    public int Count => _line.Count;

    /// <summary>Callers who have come since the last call.</summary>
    public int TakeMisses() => Interlocked.Exchange(ref _misses, 0);

    /// <summary>Waits for a worker to be handed over.</summary>
    public async Task<Worker> WaitAsync(ProfilePool pool, CancellationToken cancellationToken)
    {
        ThrowIfHopeless(pool);
        Interlocked.Increment(ref _misses);
        var options = services.Options;
        var waiter = _line.TryJoin(options.MaxWaiting)
            ?? throw pool.Rejected($"{options.MaxWaiting} callers wait already. Raise Pilotlight:Pool:MaxWaiting, or MaxProcesses");
        try
        {
            services.Bell.Ring();
            FailIfTooLate(pool, waiter);
            return await waiter.Task.WaitAsync(options.AcquireTimeout, services.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            TakeBackIfServed(waiter);
            throw pool.Rejected($"none came free in {options.AcquireTimeout}. Raise Pilotlight:Pool:MaxProcesses, or AcquireTimeout");
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

    /// <summary>Hands a worker to whoever has waited longest; false when nobody waits.</summary>
    public bool TryServe(Worker worker) => _line.TryServe(worker);

    /// <summary>Fails those who wait: the first of them, or all.</summary>
    public void Fail(Exception cause, bool all) => _line.Fail(cause, all);

    /// <summary>Moves everyone, in order, to where others wait; false when there was nobody.</summary>
    public bool MoveTo(WaitingCallers other) => _line.MoveTo(other._line);

    private void ThrowIfHopeless(ProfilePool pool)
    {
        if (services.IsStopping)
        {
            throw new PoolStoppedException();
        }

        if (pool.Upkeep.Guard.Refusal is { } failing)
        {
            throw failing;
        }

        if (services.Memory.Refusal is { } full)
        {
            throw pool.Rejected(full);
        }
    }

    // It may have come after the last look at the line.
    private void FailIfTooLate(ProfilePool pool, WaitingLine.Waiter waiter)
    {
        if (services.IsStopping)
        {
            waiter.TrySetException(new PoolStoppedException());
        }
        else if (pool.IsClosed)
        {
            waiter.TrySetException(PoolRejectedException.LetGo(pool.Name));
        }
    }

    // A process may have been handed over in the very moment in which its caller gave up; it must not be lost.
    private static void TakeBackIfServed(WaitingLine.Waiter waiter)
    {
        if (!waiter.TrySetCanceled(CancellationToken.None) && waiter.Task.IsCompletedSuccessfully)
        {
            waiter.Task.Result.Pool.TakeBack(waiter.Task.Result);
        }
    }
}
