using Pilotlight.Claude.Network;
using Pilotlight.Claude.Turns;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Gateway.Direct;

/// <summary>What the wire tells of a direct call, and tells on. One instance a call; told on the wire's threads.</summary>
internal sealed class DirectCallFacts : ICallObserver
{
    private volatile CallUsage _usage = CallUsage.None;

    /// <summary>Who is told as well; null when nobody is.</summary>
    public ICallObserver? Next { get; set; }

    /// <summary>The tokens so far.</summary>
    public TurnUsage Used => _usage.ToTurn();

    /// <summary>How it ended; null while it has not.</summary>
    public CallReport? Report { get; private set; }

    void ICallObserver.Started(CallInfo info) => Next?.Started(info);

    void ICallObserver.Retrying(CallInfo info, CallRetry retry) => Next?.Retrying(info, retry);

    void ICallObserver.Answered(CallInfo info, CallAnswer answer) => Next?.Answered(info, answer);

    void ICallObserver.FirstText(CallInfo info, TimeSpan after) => Next?.FirstText(info, after);

    void ICallObserver.Used(CallInfo info, CallUsage usage)
    {
        _usage = usage;
        Next?.Used(info, usage);
    }

    void ICallObserver.Ended(CallInfo info, CallReport report)
    {
        _usage = report.Usage == CallUsage.None ? _usage : report.Usage;
        Report = report;
        Next?.Ended(info, report);
    }
}
