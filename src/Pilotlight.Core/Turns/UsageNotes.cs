using Pilotlight.Claude.Network;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Usage;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Core.Turns;

/// <summary>Notes in the store what a turn has used so far, so that it is booked should the server be killed. One instance a turn.</summary>
/// <remarks>
/// Told by the turn's events, and before them by the wire, which hears the API first. The server's own log is written at once; the
/// store, which other servers read, beside the turn, which waits for no store. What is settled at its end counts, and what the wire hears
/// after that is booked late. Safe for concurrent use.
/// </remarks>
internal sealed class UsageNotes(RunningTurn turn, UsageLog log, IReservationStore reservations, LateUsage late) : ICallObserver, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, TurnUsage> _calls = [];
    private Task _noting = Task.CompletedTask;
    private Bill? _noted;
    private TurnUsage? _settled;
    private bool _isNoting;
    private bool _hasGrown;

    public void Started(CallInfo info) => turn.FirstToken.Called(info);

    public void Answered(CallInfo info, CallAnswer answer)
    {
        turn.Upstream = answer.Upstream;
        turn.FirstToken.Answered(info, answer);
        if (answer.Limits.Count > 0)
        {
            turn.ApiLimits = answer.Limits;
        }
    }

    public void FirstText(CallInfo info, TimeSpan after) => turn.FirstToken.Spoke(info);

    public void Used(CallInfo info, CallUsage usage)
    {
        lock (_gate)
        {
            _calls[info.Id] = usage.ToTurn();
            turn.Lease.SawCalls(
                _calls.Values.Aggregate(TurnUsage.None, static (sum, call) => sum + call),
                info.Purpose is CallPurpose.Subagent or CallPurpose.Compaction or CallPurpose.Auxiliary ? null : info.Model);
        }

        Note();
    }

    public void Ended(CallInfo info, CallReport report)
    {
        if (report.Usage != CallUsage.None)
        {
            Used(info, report.Usage);
        }
    }

    /// <summary>The turn is booked with this.</summary>
    public void Settled(TurnUsage booked)
    {
        lock (_gate)
        {
            log.Forget(turn.Lease.Id);
            _settled = booked;
            BookLate();
        }
    }

    /// <summary>What the turn has used has grown.</summary>
    public void Note()
    {
        lock (_gate)
        {
            if (_settled is not null)
            {
                BookLate();
                return;
            }

            log.Keep(turn.Lease.Id, turn.Lease.Bill);
            _hasGrown = true;
            if (!_isNoting)
            {
                _isNoting = true;
                _noting = Task.Run(NoteAsync);
            }
        }
    }

    /// <summary>Returns when nothing is being noted any more.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_noting);
        }
    }

    private async Task NoteAsync()
    {
        while (HasMore())
        {
            try
            {
                if (turn.Lease.Bill is var bill && bill != _noted)
                {
                    await reservations.NoteAsync(turn.Lease.Id, bill, CancellationToken.None);
                    _noted = bill;
                }
            }
            catch (Exception)
            {
                // Whatever it was: the next note, or the end, says all of it again.
            }
        }
    }

    private void BookLate()
    {
        var bill = turn.Lease.Bill;
        var rest = bill.Usage - _settled!;
        _settled = _settled! + rest;
        late.Book(bill.Model, rest);
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
