namespace Pilotlight.Scale;

/// <summary>A clock that jumps from one thing that happens to the next; what is to happen is given to it. Not safe for concurrent use.</summary>
internal sealed class VirtualTime : TimeProvider
{
    private readonly PriorityQueue<Action, (long At, long Order)> _due = new();
    private long _now;
    private long _order;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How long it has run.</summary>
    public TimeSpan Now => new(_now);

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Now;

    /// <summary>Has something happen, now at the earliest; of what is due at the same time, in the order in which it was given.</summary>
    public void At(TimeSpan when, Action what) => _due.Enqueue(what, (Math.Max(_now, when.Ticks), _order++));

    /// <summary>Has something happen after a while.</summary>
    public void After(TimeSpan wait, Action what) => At(Now + wait, what);

    /// <summary>Lets happen all that is due by then.</summary>
    public void RunUntil(TimeSpan end)
    {
        while (_due.TryPeek(out var what, out var due) && due.At <= end.Ticks)
        {
            _due.Dequeue();
            _now = due.At;
            what();
        }

        _now = Math.Max(_now, end.Ticks);
    }
}
