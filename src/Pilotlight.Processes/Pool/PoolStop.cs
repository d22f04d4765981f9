namespace Pilotlight.Processes;

/// <summary>
/// Ends all that a pool has: parked processes and starts now, leased ones when they come back or their time is up.
/// </summary>
internal sealed class PoolStop(PoolServices services, WorkerStarts starts) : IDisposable
{
    // Beyond what ending a process may take: what is cut short by it has hung in the kernel.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _hurry = new();

    public async Task RunAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // Off the controller's lock.
        await services.BreakOffStartsAsync();
        foreach (var pool in services.Pools.All)
        {
            pool.FailWaiters(new PoolStoppedException(), all: true);
            pool.Workers.EndParked("stopped");
        }

        await DrainLeasesAsync();
        var limit = services.Options.CloseInputGrace + services.Options.TerminateGrace + Margin;
        try
        {
            await Task.WhenAll(starts.AllAsync(), services.Ends.AllAsync()).WaitAsync(limit);
            PoolLog.Stopped(services.Logger);
        }
        catch (TimeoutException)
        {
            PoolLog.StopGivenUp(services.Logger, limit, starts.Count, services.Ends.Count);
        }
    }

    /// <summary>Waits for the stop, and has the leased ones ended at once when the token is cancelled.</summary>
    public async Task HurriedAsync(Task stopping, CancellationToken cancellationToken)
    {
        await using var hurry = cancellationToken.UnsafeRegister(static self => ((PoolStop)self!)._hurry.Cancel(), this);
        await stopping;
    }

    public void Dispose() => _hurry.Dispose();

    // By the machine's clock, as all that waits for processes: a stop has an end whatever clock the policy goes by.
    private async Task DrainLeasesAsync()
    {
        var leased = services.Pools.All.SelectMany(pool => pool.Workers.All)
            .Where(worker => worker.State == WorkerState.Leased).ToArray();
        try
        {
            await Task.WhenAll(leased.Select(worker => worker.Process.Exited))
                .WaitAsync(services.Options.DrainTimeout, _hurry.Token);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            // Their time is up.
        }

        foreach (var worker in leased)
        {
            _ = worker.Pool.Workers.EndLease(worker);
        }
    }
}
