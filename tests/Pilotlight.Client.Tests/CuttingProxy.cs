using System.Net;
using System.Net.Sockets;

namespace Pilotlight.Client.Tests;

/// <summary>A way to the gateway that breaks: each connection is cut once it has brought so many bytes back.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Uri _gateway;
    private readonly Queue<int> _cuts;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _accepting;
    private int _connections;

    /// <param name="gateway">Where it leads.</param>
    /// <param name="cuts">After how many bytes the first connections are cut, one after the other; later ones hold.</param>
    public CuttingProxy(Uri gateway, params int[] cuts)
    {
        (_gateway, _cuts) = (gateway, new Queue<int>(cuts));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public int Connections => _connections;

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_ended.Token);
                Interlocked.Increment(ref _connections);
                running.Add(CarryAsync(client, _cuts.TryDequeue(out var cut) ? cut : int.MaxValue));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(running);
        }
    }

    private async Task CarryAsync(TcpClient client, int bytes)
    {
        using var near = client;
        using var far = new TcpClient();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        try
        {
            await far.ConnectAsync(_gateway.Host, _gateway.Port, over.Token);
            var there = near.GetStream().CopyToAsync(far.GetStream(), over.Token);
            var buffer = new byte[64];
            while (bytes > 0 && await far.GetStream().ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, bytes)), over.Token) is > 0 and var read)
            {
                await near.GetStream().WriteAsync(buffer.AsMemory(0, read), over.Token);
                bytes -= read;
            }

            await over.CancelAsync();
            near.Client.LingerState = new LingerOption(true, 0); // A reset, as a lost machine gives.
            await there;
        }
        catch (Exception broken) when (broken is IOException or SocketException or OperationCanceledException)
        {
            // Either side has gone, which is what it is for.
        }
    }
}
