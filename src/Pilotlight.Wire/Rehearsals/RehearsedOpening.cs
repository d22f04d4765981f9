namespace Pilotlight.Wire.Rehearsals;

/// <summary>What a rehearsed process's conversation is to begin with, beside what its CLI was told before the rehearsal. Immutable.</summary>
public sealed record RehearsedOpening
{
    /// <summary>The system prompt that takes the place of the one the CLI was initialized with. Default: null, that one stays.</summary>
    public string? SystemPrompt { get; init; }

    /// <summary>Whether the CLI was told another model after the rehearsal, which it then writes into the conversation. Default: false.</summary>
    public bool HasNewModel { get; init; }

    /// <summary>
    /// Earlier messages that the CLI does not know, each in the API's JSON, by turns from the first of the user's to the last of the
    /// assistant's. Default: none.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> History { get; init; } = [];

    /// <summary>How many earlier messages the CLI was told itself after the rehearsal, by turns as <see cref="History"/>. Default: 0.</summary>
    public int Replayed { get; init; }
}
