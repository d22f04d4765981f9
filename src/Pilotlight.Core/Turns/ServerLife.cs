using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
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
    IClaudeConversations conversations,
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

    // Of its lease: from then on a node acts as if others had its threads, before they have.
    private const double SureOfLease = 0.9;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PruneEvery = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _looking = new(1);
    private Task _living = Task.CompletedTask;
    private DateTimeOffset _renewedAt;
    private DateTimeOffset _prunedAt;
    private long _renewedAtTick;
    private bool _isLost;
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
        _living = server.Value.IsNode ? Task.WhenAll(LiveAsync(), WatchLeaseAsync()) : LiveAsync();
    }

    /// <summary>Looks now, and not only when it is time: another node has left something to be done here.</summary>
    public Task LookNowAsync() => Volatile.Read(ref _isOver) == 0 ? LookAsync() : Task.CompletedTask;

    /// <summary>Takes over from a server that is known to be gone, without waiting until its lease has run out.</summary>
    public async Task TakeOverFromAsync(long gone, CancellationToken cancellationToken)
    {
        if (gone != epoch.Value)
        {
            await turns.EndEpochAsync(gone, cancellationToken);
            await TakeOverAsync(time.GetUtcNow() - limits.Value.LeaseDuration, cancellationToken);
        }
    }

    /// <summary>Is alive no more. The epoch stays as it is: the next start of this server's name ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            await _stop.CancelAsync();
            await _living;
            _stop.Dispose();
            _looking.Dispose();
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

    // Beside the looks, which may hang in a store that does not answer. By a clock that nobody sets, and that goes on while this process is frozen.
    private async Task WatchLeaseAsync()
    {
        using var timer = new PeriodicTimer(LookEvery / 4, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                if (!_isLost && time.GetElapsedTime(_renewedAtTick) >= limits.Value.LeaseDuration * SureOfLease)
                {
                    LogLapsed(logger, epoch.Value, limits.Value.LeaseDuration);
                    await LoseAsync();
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private async Task LookAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _looking.WaitAsync();
        try
        {
            // Others may believe a node dead at any moment: it learns of that as soon as it asks.
            if (server.Value.IsNode || time.GetUtcNow() >= _renewedAt + (limits.Value.LeaseDuration / 3))
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
        finally
        {
            _looking.Release();
        }
    }

    // The processes first: what they do is not this server's to do any more.
    private async Task LoseAsync()
    {
        _isLost = true;
        await Task.WhenAll(running.BreakOffAsync(), conversations.EndAllAsync());
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        epoch.Value = await turns.OpenEpochAsync(server.Value.Node, Until, cancellationToken);
        Renewed(asked);
    }

    private async Task RenewAsync()
    {
        var asked = time.GetTimestamp();
        if (await turns.RenewAsync(epoch.Value, [.. epoch.Leases], Until, _stop.Token))
        {
            Renewed(asked);
            return;
        }

        LogDead(logger, epoch.Value);
        if (server.Value.IsNode)
        {
            await LoseAsync();
        }

        await OpenAsync(_stop.Token);
    }

    private void Renewed(long asked)
    {
        _renewedAt = time.GetUtcNow();
        (_renewedAtTick, _isLost) = (asked, false);
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

    [LoggerMessage(Level = LogLevel.Error, Message = "Epoch {Epoch} could not be renewed for {Limit}: other nodes take it for dead, so its conversations' processes end")]
    private static partial void LogLapsed(ILogger logger, long epoch, TimeSpan limit);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store does not answer this server's life; it is tried again every second: {Cause}")]
    private static partial void LogFailed(ILogger logger, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Turn {Turn} was stored as running and did not run: it is interrupted")]
    private static partial void LogStray(ILogger logger, string turn);
}
