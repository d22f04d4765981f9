using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Pilotlight.Wire.Listening;

/// <summary>Lets one web server take in connections of sockets that come and go while it runs.</summary>
/// <remarks>Kestrel binds its addresses once. The sockets that are added carry a feature, by which a request's origin is told. Safe for concurrent use.</remarks>
internal sealed class ConnectionSources(IConnectionListenerFactory transport) : IConnectionListenerFactory
{
    private readonly Channel<ConnectionContext> _arrived = Channel.CreateUnbounded<ConnectionContext>();

    /// <summary>Binds the server's own address.</summary>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = await transport.BindAsync(endpoint, cancellationToken);
        return new Joined(listener, FeedAsync(listener, static _ => { }), _arrived);
    }

    /// <summary>Takes in what connects to a further Unix socket, from now until the result is disposed.</summary>
    /// <param name="path">The socket's path; nothing is there yet.</param>
    /// <param name="mark">What every connection of it is to carry.</param>
    public IDisposable Add<TMark>(string path, TMark mark)
        where TMark : class
    {
        // Kestrel's socket transport binds before it returns.
        var listener = transport.BindAsync(new UnixDomainSocketEndPoint(path)).AsTask().GetAwaiter().GetResult();
        _ = FeedAsync(listener, connection => connection.Features.Set(mark));
        return new Added(listener);
    }

    private async Task FeedAsync(IConnectionListener listener, Action<ConnectionContext> mark)
    {
        while (await listener.AcceptAsync() is { } connection)
        {
            mark(connection);
            if (!_arrived.Writer.TryWrite(connection))
            {
                await connection.DisposeAsync(); // The server has stopped.
            }
        }
    }

    private sealed class Added(IConnectionListener listener) : IDisposable
    {
        public void Dispose() => _ = CloseAsync();

        private async Task CloseAsync()
        {
            await listener.UnbindAsync();
            await listener.DisposeAsync();
        }
    }

    private sealed class Joined(IConnectionListener own, Task feeding, Channel<ConnectionContext> arrived) : IConnectionListener
    {
        public EndPoint EndPoint => own.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await arrived.Reader.WaitToReadAsync(cancellationToken) && arrived.Reader.TryRead(out var connection) ? connection : null;

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await own.UnbindAsync(cancellationToken);
            await feeding;
            arrived.Writer.TryComplete();
        }

        public ValueTask DisposeAsync() => own.DisposeAsync();
    }
}
