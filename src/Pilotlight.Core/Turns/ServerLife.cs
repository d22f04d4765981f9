using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Core.Access;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Usage;

namespace Pilotlight.Core.Turns;

/// <summary>Keeps this server alive in the eyes of those that share its database, and sees to all turns that are not in order.</summary>
/// <remarks>
/// Takes over from servers that are gone; ends turns of its own epoch that do not run, which a store that was away leaves behind; hears
/// of turns that another server was asked to cancel. What this server writes is guarded by its epoch, so a mistaken death costs its
/// running turns and nothing else.
/// </remarks>
internal sealed partial class ServerLife(
    ITurnStore turns,
    IReservationStore reservations,
    StoredTurns stored,
    ApprovalService approvals,
    RunningTurns running,
    ServerEpoch epoch,
    UsageLog log,
    IOptions<LimitOptions> limits,
    IOptions<RelayOptions> relay,
    IOptions<ServerOptions> server,
    TimeProvider time,
    ILogger<ServerLife> logger) : IAsyncDisposable
{
    // Few at a time: meanwhile a database with one writer has no other.
    private const int PrunedAtOnce = 50;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PruneEvery = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _stop = new();
    private Task _living = Task.CompletedTask;
    private DateTimeOffset _renewedAt;
    private DateTimeOffset _prunedAt;
    private bool _isFailing;
    private int _isOver;

    /// <summary>Opens an epoch, runs what earlier servers had promised, and goes on being alive.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        foreach (var (reservation, used) in log.ReadEarlier())
        {
            await reservations.NoteAsync(reservation, used, cancellationToken);
        }

        await OpenAsync(cancellationToken);

        // At a start right after the store was away, others have lapsed that are about to renew: they are given as long again.
        await TakeOverAsync(time.GetUtcNow() - limits.Value.LeaseDuration, cancellationToken);
        log.Begin();
        _living = LiveAsync();
    }

    /// <summary>Is alive no more. The epoch stays as it is: the next start of this server's name ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            await _stop.CancelAsync();
            await _living;
            _stop.Dispose();
        }
    }

    private DateTimeOffset Until => time.GetUtcNow() + limits.Value.LeaseDuration;

    private async Task LiveAsync()
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await LookAsync();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private async Task LookAsync()
    {
        try
        {
            if (time.GetUtcNow() >= _renewedAt + (limits.Value.LeaseDuration / 3))
            {
                // So late only when the store was away, and then from the others too: they are about to renew.
                var wasAway = time.GetUtcNow() >= _renewedAt + limits.Value.LeaseDuration;
                await RenewAsync();
                if (!wasAway)
                {
                    await TakeOverAsync(time.GetUtcNow(), _stop.Token);
                    await PruneAsync();
                }
            }

            await SeeToOwnAsync();
            await approvals.LookAsync(_stop.Token);
            _isFailing = false;
        }
        catch (Exception fault) when (!_stop.IsCancellationRequested)
        {
            if (!_isFailing)
            {
                LogFailed(logger, fault.Message);
            }

            _isFailing = true;
        }
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        epoch.Value = await turns.OpenEpochAsync(server.Value.Node, Until, cancellationToken);
        _renewedAt = time.GetUtcNow();
    }

    private async Task RenewAsync()
    {
        if (await turns.RenewAsync(epoch.Value, [.. epoch.Leases], Until, _stop.Token))
        {
            _renewedAt = time.GetUtcNow();
            return;
        }

        LogDead(logger, epoch.Value);
        await OpenAsync(_stop.Token);
    }

    private async Task TakeOverAsync(DateTimeOffset lapsedBy, CancellationToken cancellationToken)
    {
        foreach (var turn in await turns.TakeOverAsync(epoch.Value, lapsedBy, time.GetUtcNow(), cancellationToken))
        {
            stored.RunPromised(turn);
        }
    }

    private async Task SeeToOwnAsync()
    {
        foreach (var (turn, isCancelRequested) in await turns.ListRunningAsync(epoch.Value, _stop.Token))
        {
            if (running.Find(turn.Id) is { } live)
            {
                if (isCancelRequested)
                {
                    await live.CancelAsync();
                }
            }
            else if (epoch.Leases.Contains(turn.Id))
            {
                // It is being taken on, or has just ended.
            }
            else if (turn.State == TurnState.Accepted)
            {
                stored.RunPromised(turn);
            }
            else if (await turns.InterruptAsync(turn.Id, epoch.Value, time.GetUtcNow(), _stop.Token))
            {
                LogStray(logger, turn.Id);
            }
        }

        foreach (var lease in await reservations.ListAsync(epoch.Value, _stop.Token))
        {
            if (!epoch.Leases.Contains(lease))
            {
                await reservations.SettleNotedAsync(lease, time.GetUtcNow(), _stop.Token);
            }
        }
    }

    private async Task PruneAsync()
    {
        if (time.GetUtcNow() < _prunedAt + PruneEvery)
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store does not answer this server's life; it is tried again every second: {Cause}")]
    private static partial void LogFailed(ILogger logger, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Turn {Turn} was stored as running and did not run: it is interrupted")]
    private static partial void LogStray(ILogger logger, string turn);
}
