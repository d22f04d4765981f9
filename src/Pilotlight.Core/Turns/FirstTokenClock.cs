using Pilotlight.Claude.Turns;
using Pilotlight.Core.Threads;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Core.Turns;

/// <summary>Notes, as a turn goes on, when each part of its wait for the first token was over. One instance a turn.</summary>
/// <remarks>Told on the turn's thread and on the wire's; safe for concurrent use.</remarks>
internal sealed class FirstTokenClock(TimeProvider time, long acceptedAt)
{
    private readonly Lock _gate = new();
    private long? _begun;
    private TimeSpan _acquire;
    private long? _called;
    private long? _spoke;
    private TimeSpan? _roundTrip;
    private FirstTokenWait? _wait;

    /// <summary>Where the time went; null until there is a first token.</summary>
    public FirstTokenWait? Wait
    {
        get
        {
            lock (_gate)
            {
                return _wait;
            }
        }
    }

    /// <summary>From the request to the adapter; none while it is on the way.</summary>
    public TimeSpan Gateway
    {
        get
        {
            lock (_gate)
            {
                return time.GetElapsedTime(acceptedAt, _begun ?? acceptedAt);
            }
        }
    }

    /// <summary>The turn is the adapter's from now on.</summary>
    public void Begin()
    {
        lock (_gate)
        {
            _begun = time.GetTimestamp();
        }
    }

    /// <summary>The turn says something to its reader.</summary>
    public void Saw(TurnEvent turnEvent)
    {
        lock (_gate)
        {
            if (turnEvent is TurnStarted started)
            {
                _acquire = started.Acquire;
            }
            else if (turnEvent is TextDelta or ThinkingDelta or ToolStarted)
            {
                _wait ??= Measure();
            }
        }
    }

    /// <summary>A call of the conversation leaves for the API; the first one counts.</summary>
    public void Called(CallInfo call)
    {
        lock (_gate)
        {
            _called ??= IsOfConversation(call) ? time.GetTimestamp() : null;
        }
    }

    /// <summary>An upstream has answered.</summary>
    public void Answered(CallInfo call, CallAnswer answer)
    {
        lock (_gate)
        {
            _roundTrip = IsOfConversation(call) ? answer.RoundTrip : _roundTrip;
        }
    }

    /// <summary>The API has said its first word.</summary>
    public void Spoke(CallInfo call)
    {
        lock (_gate)
        {
            _spoke ??= IsOfConversation(call) ? time.GetTimestamp() : null;
        }
    }

    private static bool IsOfConversation(CallInfo call) => call.Purpose is CallPurpose.Main or CallPurpose.Unknown;

    private FirstTokenWait Measure()
    {
        var sinceBegun = time.GetElapsedTime(_begun ?? acceptedAt);
        var (gateway, process) = (Gateway, Least(_acquire, sinceBegun));
        var rest = sinceBegun - process;
        if (_called is not { } called || _spoke is not { } spoke)
        {
            return new(Ms(gateway), Ms(process), null, null, Ms(rest));
        }

        var api = Least(time.GetElapsedTime(called, spoke), rest);
        TimeSpan? network = _roundTrip is { } trip ? Least(trip, api) : null;
        return new(Ms(gateway), Ms(process), Ms(rest - api), network is { } known ? Ms(known) : null, Ms(api - (network ?? TimeSpan.Zero)));
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static double Ms(TimeSpan span) => TurnEventJson.Milliseconds(span);
}
