using Pilotlight.Claude.Network;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Storage;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Core.Turns;

/// <summary>
/// Books what is used after its turn was booked: a call that the API tells more of when its caller has left, or one that a process makes by itself,
/// for work in the background.
/// </summary>
/// <remarks>Booked for the turn's key, and no turn of its own. One instance a turn; safe for concurrent use.</remarks>
internal sealed class LateUsage(TurnLease lease, IReservationStore reservations, LimitOptions prices, TimeProvider time, CancellationToken givenUp) : ICallObserver
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    /// <summary>Books it beside whoever calls, as often as it takes.</summary>
    public void Book(string model, TurnUsage usage)
    {
        if (usage != TurnUsage.None)
        {
            _ = Task.Run(() => BookAsync(new Bill(model, usage, prices.Price(model, usage))));
        }
    }

    /// <summary>A call between this turn and the process's next has ended.</summary>
    public void Ended(CallInfo info, CallReport report) => Book(report.Model ?? info.Model, report.Usage.ToTurn());

    private async Task BookAsync(Bill bill)
    {
        while (!givenUp.IsCancellationRequested)
        {
            try
            {
                await reservations.BookLateAsync(lease.KeyId, bill, time.GetUtcNow(), CancellationToken.None);
                return;
            }
            catch (StorageUnavailableException)
            {
                await Task.Delay(Wait, time, givenUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
