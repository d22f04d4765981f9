using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Pilotlight.Wire.Listening;

/// <summary>A web server of the relay's own: on a Unix socket, or on a loopback port.</summary>
/// <remarks>
/// Kestrel without a host around it: the host's logs, spans and metrics would show this inner hop beside the program's own requests,
/// and its address can hold a token.
/// </remarks>
internal sealed class RelayServer : IHttpApplication<HttpContext>, IDisposable
{
    /// <summary>Longest request body; the API takes 32 MiB.</summary>
    public const int MaxBody = 64 * 1024 * 1024;

    private readonly RequestDelegate _handle;
    private readonly IServiceProvider _services;
    private readonly string? _socketPath;
    private readonly ConnectionSources _sources = new(new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance));
    private KestrelServer? _server;

    /// <summary>Prepares one; nothing listens before <see cref="StartAsync"/>.</summary>
    /// <param name="socketPath">The socket's path; null takes a free loopback port.</param>
    /// <param name="services">What Kestrel looks its own parts up in.</param>
    /// <param name="handle">Answers a request.</param>
    public RelayServer(string? socketPath, IServiceProvider services, RequestDelegate handle)
    {
        (_socketPath, _services, _handle) = (socketPath, services, handle);
    }

    /// <summary>Its address on loopback; null on a socket. Known once it has started.</summary>
    public Uri? LoopbackAddress { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_socketPath is not null)
        {
            UnixSocket.Prepare(_socketPath);
        }

        _server = CreateServer();
        await _server.StartAsync(this, cancellationToken);
        if (_socketPath is not null)
        {
            UnixSocket.Protect(_socketPath);
        }
        else
        {
            LoopbackAddress = new Uri(_server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        }
    }

    /// <summary>Listens on a further socket, whose requests carry a mark among their features, until the result is disposed.</summary>
    /// <exception cref="IOException">It cannot listen there; names the path.</exception>
    public IDisposable Listen<TMark>(string socketPath, TMark mark)
        where TMark : class
    {
        UnixSocket.Prepare(socketPath);
        var listening = _sources.Add(socketPath, mark);
        UnixSocket.Protect(socketPath);
        return listening;
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public Task ProcessRequestAsync(HttpContext context) => _handle(context);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    /// <summary>Stops listening; what is on its way may end until the token fires.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _server?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public void Dispose() => _server?.Dispose();

    private KestrelServer CreateServer()
    {
        var options = new KestrelServerOptions { ApplicationServices = _services, AddServerHeader = false };
        options.Limits.MaxRequestBodySize = MaxBody;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;

        // A parked process keeps its connection, and must not find it closed at its first turn.
        options.Limits.KeepAliveTimeout = TimeSpan.FromDays(1);
        if (_socketPath is null)
        {
            options.Listen(IPAddress.Loopback, 0);
        }
        else
        {
            options.ListenUnixSocket(_socketPath);
        }

        return new KestrelServer(Options.Create(options), _sources, NullLoggerFactory.Instance);
    }
}
