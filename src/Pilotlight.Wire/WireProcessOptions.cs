namespace Pilotlight.Wire;

/// <summary>How a process is let onto the wire. Immutable.</summary>
public sealed record WireProcessOptions
{
    /// <summary>
    /// Whether it calls with a sign-in of its own (OAuth); the relay then carries bytes as they are. Default: null, if and only if
    /// no upstream has a key.
    /// </summary>
    public bool? IsSignedIn { get; init; }
}
