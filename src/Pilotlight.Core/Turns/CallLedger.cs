using Pilotlight.Core.Access;
using Pilotlight.Core.Storage;

namespace Pilotlight.Core.Turns;

/// <summary>Books what a turn uses of which nothing else is stored: noted while it grows, settled at its end. One instance a turn.</summary>
internal sealed class CallLedger(IReservationStore reservations, TurnLease lease, TimeProvider time)
{
    private Task _noting = Task.CompletedTask;
    private volatile bool _hasGrown;

    /// <summary>Notes it beside the turn, which waits for no store.</summary>
    public void Note()
    {
        _hasGrown = true;
        if (_noting.IsCompleted)
        {
            _noting = Task.Run(NoteAsync);
        }
    }

    /// <summary>Books it and lets the reservation go; may be tried again.</summary>
    /// <exception cref="StorageUnavailableException">It could not be stored.</exception>
    public async Task SettleAsync(Bill? bill)
    {
        await _noting;
        await reservations.SettleAsync(lease.Id, bill, time.GetUtcNow(), CancellationToken.None);
    }

    private async Task NoteAsync()
    {
        while (_hasGrown)
        {
            _hasGrown = false;
            try
            {
                await reservations.NoteAsync(lease.Id, lease.Bill, CancellationToken.None);
            }
            catch (StorageUnavailableException)
            {
                // What is settled at the end counts; the note is for a server that does not live to see it.
            }
        }
    }
}
