using Pilotlight.Claude.Network;
using Pilotlight.Core.Access;
using Pilotlight.Core.Storage;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Core.Turns;

/// <summary>Books the calls that a process makes after its turn was booked: work in the background, or a call that was on its way when the turn ended.</summary>
/// <remarks>Each is booked on its own, for the turn's key, and is no turn. One instance a turn; safe for concurrent use.</remarks>
internal sealed class LateCalls(TurnLease lease, IReservationStore reservations, LimitOptions prices, TimeProvider time, CancellationToken givenUp) : ICallObserver
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    public void Ended(CallInfo info, CallReport report)
    {
        if (report.Usage.ToTurn() is var usage && usage != Claude.Turns.TurnUsage.None)
        {
            var model = report.Model ?? info.Model;
            _ = Task.Run(() => BookAsync(new Bill(model, usage, prices.Price(model, usage))));
        }
    }

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
