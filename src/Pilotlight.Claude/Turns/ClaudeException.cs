namespace Pilotlight.Claude.Turns;

/// <summary>A fault of the CLI or of the way to it, outside a turn.</summary>
public sealed class ClaudeException(TurnError error, Exception? innerException = null)
    : Exception(error.Message, innerException)
{
    /// <summary>What went wrong and what to do about it.</summary>
    public TurnError Error { get; } = error;
}
