namespace Pilotlight.Wire.Calls;

/// <summary>A call for a message, as it was asked for. Immutable.</summary>
public sealed record CallInfo
{
    /// <summary>Its number in this relay, from 1.</summary>
    public required long Id { get; init; }

    /// <summary>What it is for.</summary>
    public required CallPurpose Purpose { get; init; }

    /// <summary>The model asked for; empty when the body names none.</summary>
    public required string Model { get; init; }

    /// <summary>Whether the answer was asked for as a stream.</summary>
    public required bool IsStreaming { get; init; }

    /// <summary>The most output tokens asked for; null when the body names none.</summary>
    public required int? MaxTokens { get; init; }

    /// <summary>The size of the request's body in bytes: an upper bound for its tokens, and about four times their number for text.</summary>
    public required int RequestBytes { get; init; }
}
