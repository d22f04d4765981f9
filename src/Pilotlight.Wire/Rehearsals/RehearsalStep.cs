namespace Pilotlight.Wire.Rehearsals;

/// <summary>What is done with a request of a rehearsed process: one of the three is set.</summary>
internal readonly record struct RehearsalStep(ReadOnlyMemory<byte>? Body, byte[]? Events, string? Refusal)
{
    /// <summary>It goes on, with this body.</summary>
    public static RehearsalStep Send(ReadOnlyMemory<byte> body) => new(body, null, null);

    /// <summary>It is answered here, with these events.</summary>
    public static RehearsalStep Answer(byte[] events) => new(null, events, null);

    /// <summary>It goes nowhere.</summary>
    public static RehearsalStep Refuse(string reason) => new(null, null, reason);
}
