using Pilotlight.Core.Access;
using Pilotlight.Core.Storage;

namespace Pilotlight.Core.Turns;

/// <summary>Books what a turn used of which nothing else is stored. One instance a turn.</summary>
internal sealed class CallLedger(IReservationStore reservations, TurnLease lease, TimeProvider time)
{
    /// <summary>Books it and lets the reservation go; may be tried again.</summary>
    /// <exception cref="StorageUnavailableException">It could not be stored.</exception>
    public Task SettleAsync(Bill? bill) => reservations.SettleAsync(lease.Id, bill, time.GetUtcNow(), CancellationToken.None);
}
