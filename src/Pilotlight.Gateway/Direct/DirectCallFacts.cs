using Pilotlight.Claude.Network;
using Pilotlight.Claude.Turns;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Gateway.Direct;

/// <summary>What the wire tells of a direct call. One instance a call; told on the wire's threads.</summary>
internal sealed class DirectCallFacts : ICallObserver
{
    private volatile CallUsage _usage = CallUsage.None;

    /// <summary>The tokens so far.</summary>
    public TurnUsage Used => _usage.ToTurn();

    /// <summary>How it ended; null while it has not.</summary>
    public CallReport? Report { get; private set; }

    void ICallObserver.Used(CallInfo info, CallUsage usage) => _usage = usage;

    void ICallObserver.Ended(CallInfo info, CallReport report)
    {
        _usage = report.Usage == CallUsage.None ? _usage : report.Usage;
        Report = report;
    }
}
