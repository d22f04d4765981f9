namespace Pilotlight.Wire.Processes;

/// <summary>A running turn on the wire; disposing it ends the turn, and its settings with it.</summary>
/// <remarks>
/// Dispose it once the CLI has told the turn's result. A call that is still on its way is reported to the turn's observer to its end.
/// </remarks>
public sealed class WireTurnScope : IDisposable
{
    private readonly TurnState _state;
    private readonly Action _end;

    internal WireTurnScope(TurnState state, Action end) => (_state, _end) = (state, end);

    /// <summary>Calls for a message so far, side calls and refused ones included.</summary>
    public int Calls => _state.Calls;

    /// <summary>Those that the turn's parameters were set on. If it is 0 after a turn with parameters, the CLI does not say which its main calls are.</summary>
    public int CallsWithParameters => _state.CallsWithParameters;

    /// <inheritdoc/>
    public void Dispose() => _end();
}
