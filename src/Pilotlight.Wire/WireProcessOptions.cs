namespace Pilotlight.Wire;

/// <summary>How a process is let onto the wire. Immutable.</summary>
public sealed record WireProcessOptions
{
    /// <summary>
    /// Whether it calls with a sign-in of its own (OAuth); the relay then carries bytes as they are. Default: null, if and only if
    /// no upstream has a key.
    /// </summary>
    public bool? IsSignedIn { get; init; }

    /// <summary>
    /// A Unix socket of the process's own, at most 107 bytes long (103 on macOS): whoever calls over it is this process, and needs no token.
    /// Listened on from <see cref="Relay.Open"/> until the way is disposed of. Default: none, the process is told by its token.
    /// </summary>
    /// <remarks>For a process that keeps nothing secret from what it runs. It needs a key among the upstreams.</remarks>
    public string? SocketPath { get; init; }
}
