using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Counting;

/// <summary>What an answer has told so far, without its content.</summary>
internal sealed class AnswerFacts
{
    public CallUsage Usage { get; set; } = CallUsage.None;

    /// <summary>Bytes of text, thinking and tool input.</summary>
    public long StreamedBytes { get; set; }

    public string? Model { get; set; }

    public string? StopReason { get; set; }

    public string? StopSequence { get; set; }

    /// <summary>The type of the error that the answer is, or ended with.</summary>
    public string? Error { get; set; }

    /// <summary>Whether text, thinking or tool input has come.</summary>
    public bool HasText { get; set; }

    /// <summary>Whether the answer said of itself that it is whole.</summary>
    public bool IsWhole { get; set; }
}
