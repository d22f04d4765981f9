using Pilotlight.Core.Access;
using Pilotlight.Core.Storage;

namespace Pilotlight.Core.Turns;

/// <summary>Books what a turn uses of which nothing else is stored: noted while it grows, settled at its end. One instance a turn.</summary>
internal sealed class CallLedger(IReservationStore reservations, TurnLease lease, TimeProvider time)
{
    private readonly Lock _gate = new();
    private Task _noting = Task.CompletedTask;
    private bool _isNoting;
    private bool _hasGrown;

    /// <summary>Notes it beside the turn, which waits for no store.</summary>
    public void Note()
    {
        lock (_gate)
        {
            _hasGrown = true;
            if (!_isNoting)
            {
                _isNoting = true;
                _noting = Task.Run(NoteAsync);
            }
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
        while (HasMore())
        {
            try
            {
                await reservations.NoteAsync(lease.Id, lease.Bill, CancellationToken.None);
            }
            catch (Exception)
            {
                // Whatever it was: what is settled at the end counts; the note is for a server that does not live to see it.
            }
        }
    }

    private bool HasMore()
    {
        lock (_gate)
        {
            (_isNoting, _hasGrown) = (_hasGrown, false);
            return _isNoting;
        }
    }
}
