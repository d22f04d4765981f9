namespace Pilotlight.Processes;

/// <summary>Whether a profile's processes may be started.</summary>
public enum BreakerState
{
    /// <summary>Starts succeed.</summary>
    Closed,

    /// <summary>Starts failed; none is tried before the backoff is over.</summary>
    Open,

    /// <summary>One start is being tried.</summary>
    HalfOpen,
}

/// <summary>
/// Spaces out failing starts: backoff from the first failure, and a breaker with a single probe from the threshold on.
/// </summary>
/// <remarks>
/// The wait after failure n is drawn from [0, min(limit, base·2ⁿ⁻¹)], full jitter; once the limit is reached, from its upper
/// half, so that a crash loop costs at most four starts a minute at the default limit. Not safe for concurrent use: the
/// controller owns it.
/// </remarks>
internal sealed class CircuitBreaker(
    int threshold, TimeSpan backoffBase, TimeSpan backoffLimit, TimeProvider time, Func<double> random)
{
    private int _failures;
    private long _retryAt;
    private bool _permanent;

    public BreakerState State { get; private set; }

    /// <summary>Why starts fail, as last seen.</summary>
    public ProcessStartException? Cause { get; private set; }

    /// <summary>Whether the last start failed.</summary>
    public bool HasFailed => _failures > 0;

    /// <summary>When it did, as a timestamp.</summary>
    public long FailedAt { get; private set; }

    /// <summary>How long until the next start may be tried.</summary>
    public TimeSpan Wait
    {
        get
        {
            var wait = time.GetElapsedTime(time.GetTimestamp(), _retryAt);
            return _failures == 0 || wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
        }
    }

    /// <summary>Whether a start may be made for the stock of parked processes; an open breaker lets one probe through.</summary>
    public bool TryEnter(int starting)
    {
        if (_failures == 0)
        {
            return true;
        }

        if (Wait > TimeSpan.Zero || starting > 0)
        {
            return false;
        }

        if (State == BreakerState.Open)
        {
            State = BreakerState.HalfOpen;
        }

        return true;
    }

    public void Succeeded()
    {
        (_failures, _permanent, State, Cause) = (0, false, BreakerState.Closed, null);
    }

    public void Failed(ProcessStartException cause)
    {
        _failures++;
        FailedAt = time.GetTimestamp();
        _permanent |= cause.IsPermanent;
        Cause = cause;
        if (_failures >= threshold || _permanent)
        {
            State = BreakerState.Open;
        }

        var ceiling = Math.Min(backoffLimit.TotalSeconds, backoffBase.TotalSeconds * Math.Pow(2, Math.Min(_failures - 1, 30)));
        var floor = ceiling >= backoffLimit.TotalSeconds ? ceiling / 2 : 0;
        var wait = floor + (random() * (ceiling - floor));
        _retryAt = time.GetTimestamp() + (long)(wait * time.TimestampFrequency);
    }
}
