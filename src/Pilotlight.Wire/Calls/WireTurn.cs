using System.Diagnostics;

namespace Pilotlight.Wire.Calls;

/// <summary>What holds for the calls that a process makes during one turn. Immutable.</summary>
public sealed record WireTurn
{
    /// <summary>What is set on the turn's main calls. Default: nothing.</summary>
    public CallParameters Parameters { get; init; } = CallParameters.None;

    /// <summary>Asked before each call of the turn. Default: none, all may go.</summary>
    public ICallBudget? Budget { get; init; }

    /// <summary>Told what happens to the turn's calls. Default: nobody.</summary>
    public ICallObserver? Observer { get; init; }

    /// <summary>
    /// Told what happens to calls that the process makes between this turn and its next: work in the background, or a call that was on its way
    /// when the turn ended. Nothing is set on them, and no budget is asked. Default: nobody.
    /// </summary>
    public ICallObserver? Afterwards { get; init; }

    /// <summary>The span that the calls' spans belong under. Default: none.</summary>
    public ActivityContext Trace { get; init; }
}
