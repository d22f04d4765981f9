using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>Takes on turns of which nothing is stored but what they use: those of the compatible APIs. Safe for concurrent use.</summary>
internal sealed class CallTurns(
    TurnEngine engine,
    RunningTurns running,
    TurnPlaces places,
    Admission admission,
    IReservationStore reservations,
    ServerEpoch epoch,
    IOptions<LimitOptions> limits,
    IOptions<ClaudeOptions> claude,
    TimeProvider time)
{
    /// <summary>Takes one on: it has a place, and what it may use is held of its key's limits. It must be run or abandoned.</summary>
    /// <exception cref="ProblemException">It may not run, or there is no room for it.</exception>
    public async ValueTask<RunningTurn> AdmitAsync(TurnToAdmit wanted, long arrivedAt)
    {
        var place = places.Take();
        var id = Ids.New("use");
        epoch.Hold(id);
        try
        {
            // Not by the request's token: what is held must be known here.
            var result = await reservations.ReserveAsync(admission.Prepare(wanted, id), time.GetUtcNow(), CancellationToken.None);
            admission.Check(wanted.Caller, result);
            var lease = new TurnLease(id, wanted.Caller.KeyId, epoch.Value, wanted.Model ?? claude.Value.Model, place, epoch, limits.Value)
            {
                Limits = wanted.Caller.Limits,
                Rate = admission.Rate(wanted.Caller, result),
            };
            return new RunningTurn(lease, arrivedAt, time);
        }
        catch
        {
            epoch.LetGo(id);
            place.Dispose();
            throw;
        }
    }

    /// <summary>Runs it to its settled end, whoever leaves.</summary>
    public void Run(RunningTurn turn, TurnWork work, ITurnJournal journal) => running.Run(turn, () => engine.RunAsync(turn, work, journal));

    /// <summary>What it used is booked here.</summary>
    public CallLedger LedgerOf(RunningTurn turn) => new(reservations, turn.Lease, time);

    /// <summary>Gives back what one holds that is not run after all.</summary>
    public async ValueTask AbandonAsync(RunningTurn turn)
    {
        try
        {
            await LedgerOf(turn).SettleAsync(null);
        }
        finally
        {
            turn.Lease.Close();
        }
    }
}
