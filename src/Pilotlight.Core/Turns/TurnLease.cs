using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Servers;

namespace Pilotlight.Core.Turns;

/// <summary>What a running turn holds, and what it has used so far: its place, the reservation of its key's budgets, its server's epoch.</summary>
/// <remarks>
/// The turn's engine writes, and the wire tells ahead of it what its calls use. The reservation is settled by the turn's journal, in the same transaction as its end where
/// there is one; what is left here is given back by <see cref="Close"/>, once, at the turn's own end and nowhere else.
/// </remarks>
internal sealed class TurnLease(string id, string keyId, long epoch, string model, IDisposable place, ServerEpoch server, LimitOptions prices)
{
    private readonly Lock _gate = new();
    private string _model = model;
    private TurnUsage _usage = TurnUsage.None;
    private decimal? _costUsd;
    private TurnUsage _bookedBefore = TurnUsage.None;
    private decimal _bookedBeforeUsd;
    private int _isClosed;

    /// <summary>The reservation's id; of a stored turn also the turn's.</summary>
    public string Id => id;

    /// <summary>Whose budgets it is held of.</summary>
    public string KeyId => keyId;

    /// <summary>The epoch that the turn runs under.</summary>
    public long Epoch => epoch;

    /// <summary>What its key may use.</summary>
    public KeyLimits Limits { get; set; } = KeyLimits.None;

    /// <summary>How many turns its key may still begin in this minute; null where that is not limited.</summary>
    public RateState? Rate { get; init; }

    /// <summary>What is to be booked for the turn as it is now.</summary>
    public Bill Bill
    {
        get
        {
            lock (_gate)
            {
                var usage = _usage - _bookedBefore;
                return new Bill(_model, usage, _costUsd is { } cost ? Math.Max(0, cost - _bookedBeforeUsd) : prices.Price(_model, usage));
            }
        }
    }

    /// <summary>Whether there is anything to book.</summary>
    public bool IsUsed
    {
        get
        {
            lock (_gate)
            {
                return _usage != TurnUsage.None || _costUsd > 0;
            }
        }
    }

    /// <summary>Says what was booked for the turn before: a turn that waited for its caller is told as a whole, and is several calls.</summary>
    public void Resume(TurnUsage booked, decimal bookedUsd)
    {
        lock (_gate)
        {
            (_bookedBefore, _bookedBeforeUsd) = (booked, bookedUsd);
        }
    }

    /// <summary>Notes what the calls of this part of the turn have used so far.</summary>
    public void SawCalls(TurnUsage usage, string? model)
    {
        lock (_gate)
        {
            Count(_bookedBefore + usage, model, null);
        }
    }

    /// <summary>Notes what an event says of tokens and cost.</summary>
    public void Saw(TurnEvent turnEvent)
    {
        lock (_gate)
        {
            switch (turnEvent)
            {
                case UsageGrew grew:
                    Count(grew.Usage, grew.Model, null);
                    break;
                case TurnCompleted completed:
                    Count(completed.Usage, completed.Model, completed.CostUsd);
                    break;
                case TurnFailed failed:
                    Count(failed.Usage, failed.Model, failed.CostUsd);
                    break;
                case TurnCancelled cancelled:
                    Count(cancelled.Usage, cancelled.Model, cancelled.CostUsd);
                    break;
                case TurnAwaitsTools awaits:
                    Count(awaits.Usage, awaits.Model, null);
                    break;
                case TurnAwaitsApproval awaits:
                    Count(awaits.Usage, awaits.Model, null);
                    break;
            }
        }
    }

    /// <summary>Gives the place back, and lets the reservation be renewed no more.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            server.LetGo(id);
            place.Dispose();
        }
    }

    // An end that knows less than what was seen takes nothing back.
    private void Count(TurnUsage usage, string? model, decimal? costUsd)
    {
        _usage = TurnUsage.Max(_usage, usage);
        _model = model ?? _model;
        _costUsd = costUsd ?? _costUsd;
    }
}
