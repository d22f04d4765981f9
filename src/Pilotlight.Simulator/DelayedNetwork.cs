using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Pilotlight.Simulator;

/// <summary>A port on loopback behind which a server is as far away as one likes: what passes takes half a round trip each way.</summary>
/// <remarks>
/// A connection costs a whole round trip before its first byte, as a real one does, and TLS its own on top, since its messages
/// really travel. Nothing is slowed down otherwise.
/// </remarks>
internal sealed class DelayedNetwork : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly IPEndPoint _server;
    private readonly TimeSpan _roundTrip;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    public DelayedNetwork(IPEndPoint server, TimeSpan roundTrip, int port)
    {
        (_server, _roundTrip) = (server, roundTrip);
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The port to connect to.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                lock (_gate)
                {
                    _connections.RemoveAll(connection => connection.IsCompleted);
                    _connections.Add(ServeAsync(client));
                }
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It is closed.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient { NoDelay = true })
        {
            try
            {
                client.NoDelay = true;
                var openAt = TimeProvider.System.GetTimestamp() + (long)(_roundTrip.TotalSeconds * TimeProvider.System.TimestampFrequency);
                await server.ConnectAsync(_server, _stopping.Token);
                using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                var there = CarryAsync(client, server, openAt, ended.Token);
                var back = CarryAsync(server, client, openAt, ended.Token);
                await Task.WhenAny(there, back);

                // What is still under way arrives; then both ends are closed.
                await Task.Delay(_roundTrip, _stopping.Token);
                await ended.CancelAsync();
                await Task.WhenAll(there, back);
            }
            catch (Exception fault) when (fault is OperationCanceledException or IOException or SocketException)
            {
                // One of the two has gone.
            }
        }
    }

    private async Task CarryAsync(TcpClient from, TcpClient to, long openAt, CancellationToken cancellationToken)
    {
        var pieces = Channel.CreateUnbounded<(long At, byte[] Bytes)>(new() { SingleReader = true, SingleWriter = true });
        var half = (long)(_roundTrip.TotalSeconds / 2 * TimeProvider.System.TimestampFrequency);
        await Task.WhenAll(ReadAsync(), WriteAsync());

        async Task ReadAsync()
        {
            try
            {
                var buffer = new byte[64 * 1024];
                while (await from.GetStream().ReadAsync(buffer, cancellationToken) is > 0 and var read)
                {
                    pieces.Writer.TryWrite((Math.Max(TimeProvider.System.GetTimestamp(), openAt) + half, buffer[..read]));
                }
            }
            catch (Exception fault) when (fault is OperationCanceledException or IOException)
            {
                // The other way ends with it.
            }
            finally
            {
                pieces.Writer.TryComplete();
            }
        }

        async Task WriteAsync()
        {
            try
            {
                await foreach (var (at, bytes) in pieces.Reader.ReadAllAsync(cancellationToken))
                {
                    var left = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), at);
                    if (left > TimeSpan.Zero)
                    {
                        await Task.Delay(left, cancellationToken);
                    }

                    await to.GetStream().WriteAsync(bytes, cancellationToken);
                }
            }
            catch (Exception fault) when (fault is OperationCanceledException or IOException)
            {
                // The other way ends with it.
            }
        }
    }
}
