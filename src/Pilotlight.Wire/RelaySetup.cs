using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Pilotlight.Wire;

/// <summary>What a relay is given by the program that it is part of. Immutable.</summary>
public sealed record RelaySetup
{
    /// <summary>
    /// The path of the socket to listen on, at most 107 bytes (103 on macOS); its folder is made. Ignored where the CLI has no Unix
    /// sockets (Windows). Default: none, a free loopback port.
    /// </summary>
    public string? SocketPath { get; init; }

    /// <summary>The key to use when <see cref="WireOptions.Upstreams"/> is empty. Default: none, the CLI's own sign-in is passed on.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The address to use when <see cref="WireOptions.Upstreams"/> is empty. Default: Anthropic's.</summary>
    public string? BaseUrl { get; init; }

    /// <summary>Changes how upstreams are connected to (trust, proxy), after the relay's own settings. Default: none.</summary>
    public Action<SocketsHttpHandler>? ConfigureNetwork { get; init; }

    /// <summary>Where it logs to. Default: nowhere.</summary>
    public ILoggerFactory LoggerFactory { get; init; } = NullLoggerFactory.Instance;

    /// <summary>What makes its meter. Default: none, a meter of its own.</summary>
    public IMeterFactory? MeterFactory { get; init; }

    /// <summary>Its clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
