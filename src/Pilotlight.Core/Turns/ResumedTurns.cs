using Microsoft.Extensions.Options;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Approvals;

namespace Pilotlight.Core.Turns;

/// <summary>Takes up turns that were taken on before: promised by an earlier server, or waiting until a person had answered.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class ResumedTurns(
    TurnIntake intake,
    WaitingTurns waits,
    IApprovalStore approvals,
    ITurnStore store,
    Admission admission,
    IReservationStore reservations,
    KeyService keys,
    IOptions<RelayOptions> relay,
    TimeProvider time)
{
    /// <summary>The turn with its thread, and with what it waited with where a person has decided; null when the thread is gone.</summary>
    public async ValueTask<PreparedTurn?> PrepareAsync(LiveTurn live)
    {
        var prepared = await intake.PrepareAsync(live.Turn, CancellationToken.None);
        if (prepared is null || await approvals.FindLastAsync(live.Turn.Id, CancellationToken.None) is not { Decision: not null } approval)
        {
            return prepared;
        }

        var resumed = new ResumedTurn(approval, await store.ReadEventsAsync(live.Turn.Id, 0, CancellationToken.None), relay.Value.MaxToolText);
        if (resumed.CanRun)
        {
            waits.TakenUp(live.Turn.ThreadId);
        }
        else
        {
            await waits.LetGoAsync(live.Turn.ThreadId);
        }

        live.Publish(resumed.Events, isEnd: false);
        live.Acquire = resumed.Acquire;
        return prepared with { Resumed = resumed };
    }

    /// <summary>Holds again what was given back while it waited; what stands against it, or null.</summary>
    public async ValueTask<TurnError?> ReserveAsync(TurnLease lease, string? model, long tokens)
    {
        lease.Limits = lease.KeyId == Caller.Local.KeyId ? KeyLimits.None : (await keys.FindAsync(lease.KeyId, CancellationToken.None))?.Limits ?? KeyLimits.None;
        var wanted = admission.PrepareAgain(lease.Id, lease.KeyId, lease.Limits, model, tokens);
        return (await reservations.ReserveAsync(wanted, time.GetUtcNow(), CancellationToken.None)).Status switch
        {
            ReserveStatus.Reserved => null,
            ReserveStatus.Revoked => new TurnError(TurnErrorKind.BudgetExceeded, "The key that the turn was begun with is revoked. Nothing was run."),
            _ => new TurnError(TurnErrorKind.BudgetExceeded, "The budget of the turn's key was used up while the turn waited. Nothing was run; begin again when there is room."),
        };
    }
}
