namespace Pilotlight.Wire.Calls;

/// <summary>Says whether a call may still be made, and is told what it used.</summary>
/// <remarks>
/// Called for each call for a message, side calls and subagents included, also several at a time; implementations are safe for
/// concurrent use. For each call that was allowed <see cref="Settle"/> follows exactly once, whatever became of it.
/// </remarks>
public interface ICallBudget
{
    /// <summary>Asked before the call leaves. What it throws refuses the call.</summary>
    ValueTask<CallAllowance> AskAsync(CallInfo info, CancellationToken cancellationToken);

    /// <summary>Told when an allowed call is over. Called on the way of the bytes: be quick, and do not throw.</summary>
    void Settle(CallInfo info, CallUsage usage);
}
