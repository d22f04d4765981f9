using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Core.Access;
using Pilotlight.Core.Servers;

namespace Pilotlight.Core.Turns;

/// <summary>Keeps this server alive in the eyes of those that share its database, and takes over from those that are not.</summary>
/// <remarks>What this server writes is guarded by its epoch, so a mistaken death costs its running turns and nothing else.</remarks>
internal sealed partial class ServerLife(
    ITurnStore turns,
    ServerEpoch epoch,
    IOptions<LimitOptions> limits,
    IOptions<RelayOptions> relay,
    IOptions<ServerOptions> gateway,
    TimeProvider time,
    ILogger<ServerLife> logger) : IAsyncDisposable
{
    // Few at a time: meanwhile a database with one writer has no other.
    private const int PrunedAtOnce = 50;

    private static readonly TimeSpan s_pruneEvery = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _stop = new();
    private Task _renewing = Task.CompletedTask;
    private DateTimeOffset _prunedAt;
    private int _isOver;

    /// <summary>Opens an epoch and returns the turns of earlier ones that are to be run.</summary>
    public async Task<IReadOnlyList<Turn>> BeginAsync(CancellationToken cancellationToken)
    {
        epoch.Value = await turns.OpenEpochAsync(gateway.Value.Node, time.GetUtcNow(), Until, cancellationToken);
        return await turns.TakeOverAsync(epoch.Value, time.GetUtcNow(), cancellationToken);
    }

    /// <summary>Goes on being alive; turns to take over from others are given to <paramref name="run"/>.</summary>
    public void GoOn(Action<Turn> run) => _renewing = RenewAsync(run);

    /// <summary>Renews no more. The epoch stays as it is: the next start of this server's name ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            await _stop.CancelAsync();
            await _renewing;
            _stop.Dispose();
        }
    }

    private DateTimeOffset Until => time.GetUtcNow() + limits.Value.LeaseDuration;

    private async Task RenewAsync(Action<Turn> run)
    {
        using var timer = new PeriodicTimer(limits.Value.LeaseDuration / 3, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await RenewOnceAsync(run);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private async Task RenewOnceAsync(Action<Turn> run)
    {
        try
        {
            if (!await turns.RenewAsync(epoch.Value, [.. epoch.Leases], Until, _stop.Token))
            {
                LogDead(logger, epoch.Value);
                epoch.Value = await turns.OpenEpochAsync(gateway.Value.Node, time.GetUtcNow(), Until, _stop.Token);
            }

            foreach (var turn in await turns.TakeOverAsync(epoch.Value, time.GetUtcNow(), _stop.Token))
            {
                run(turn);
            }

            await PruneAsync();
        }
        catch (Exception fault) when (!_stop.IsCancellationRequested)
        {
            LogFailed(logger, fault.Message);
        }
    }

    private async Task PruneAsync()
    {
        if (time.GetUtcNow() < _prunedAt + s_pruneEvery)
        {
            return;
        }

        _prunedAt = time.GetUtcNow();
        while (await turns.PruneAsync(_prunedAt - relay.Value.EventRetention, PrunedAtOnce, _stop.Token) == PrunedAtOnce)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Epoch {Epoch} was taken for dead by another server: this one could not reach the store for too long. Its running turns are lost; it goes on under a new epoch")]
    private static partial void LogDead(ILogger logger, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "This server's life could not be renewed in the store; it is tried again: {Cause}")]
    private static partial void LogFailed(ILogger logger, string cause);
}
