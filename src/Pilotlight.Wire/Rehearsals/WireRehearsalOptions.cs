namespace Pilotlight.Wire.Rehearsals;

/// <summary>How a process is rehearsed. Immutable.</summary>
public sealed record WireRehearsalOptions
{
    /// <summary>The system prompt that the CLI was initialized with.</summary>
    public required string SystemPrompt { get; init; }

    /// <summary>
    /// Whether the relay answers the turns after the rehearsal as well, once it has seen that they are as expected: nothing of the
    /// process reaches an API. To try a binary with. Default: false.
    /// </summary>
    public bool IsTrial { get; init; }

    /// <summary>Told, on the way of the bytes, why a request was not as expected; no word of the conversation is in it. Default: nobody.</summary>
    public Action<string>? OnFault { get; init; }
}
