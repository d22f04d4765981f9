using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Pilotlight.Claude.Sandbox;

/// <summary>The only way from closed walls to other hosts: an HTTP proxy on a Unix socket, for the names that a profile allows.</summary>
/// <remarks>
/// It resolves names itself and connects to what it has checked, so that no name can lead to an address that is not public. It carries
/// what TLS hides as it is: which site of a host is asked for within it is not seen. Safe for concurrent use.
/// </remarks>
internal sealed partial class EgressProxy : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly HostRules _rules;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly ILogger _logger;

    /// <summary>Listens at once.</summary>
    /// <param name="socketPath">Where; nothing is there yet.</param>
    /// <param name="rules">What is allowed.</param>
    /// <param name="logger">Told what is refused.</param>
    /// <param name="resolve">The public addresses of a name. Default: those that the system knows.</param>
    public EgressProxy(string socketPath, HostRules rules, ILogger logger, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        (_rules, _logger, _resolve) = (rules, logger, resolve ?? ResolveAsync);
        _listener.Bind(new UnixDomainSocketEndPoint(socketPath));
        _listener.Listen();
        _ = AcceptAsync();
    }

    /// <summary>Stops listening, and ends what goes through it.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        [.. (await Dns.GetHostAddressesAsync(host, cancellationToken)).Where(HostRules.IsPublic)];

    private async Task AcceptAsync()
    {
        try
        {
            var stop = _stop.Token;
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptAsync(stop), stop);
            }
        }
        catch (Exception over) when (over is OperationCanceledException or ObjectDisposedException or SocketException)
        {
        }
    }

    private async Task ServeAsync(Socket accepted, CancellationToken stop)
    {
        await using var client = new NetworkStream(accepted, ownsSocket: true);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(Patience);
            if (await ProxyRequest.ReadAsync(client, limit.Token) is not { } request)
            {
                await AnswerAsync(client, "400 Bad Request", "This proxy takes CONNECT, and http addresses.", limit.Token);
                return;
            }

            if (!_rules.Allows(request.Host, request.Port))
            {
                LogRefused(request.Host, request.Port);
                await AnswerAsync(client, "403 Forbidden", $"The host {request.Host}:{request.Port} is not allowed here. Hosts are allowed in the profile's Network.", limit.Token);
                return;
            }

            using var server = await ConnectAsync(request, limit.Token);
            if (server is null)
            {
                await AnswerAsync(client, "502 Bad Gateway", $"The host {request.Host}:{request.Port} has no public address that answers.", limit.Token);
                return;
            }

            limit.CancelAfter(Timeout.InfiniteTimeSpan);
            await using var remote = new NetworkStream(server);
            await (request.IsTunnel ? client : remote).WriteAsync(request.Opening, stop);
            await remote.WriteAsync(request.Rest, stop);
            await Task.WhenAll(CarryAsync(client, remote, server, stop), CarryAsync(remote, client, accepted, stop));
        }
        catch (Exception over) when (over is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    private async Task<Socket?> ConnectAsync(ProxyRequest request, CancellationToken cancellationToken)
    {
        foreach (var address in await ResolveOrNoneAsync(request.Host, cancellationToken))
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, request.Port, cancellationToken);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        return null;
    }

    private async Task<IPAddress[]> ResolveOrNoneAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            return await _resolve(host, cancellationToken);
        }
        catch (SocketException)
        {
            return []; // No such name.
        }
    }

    private static async Task CarryAsync(NetworkStream from, NetworkStream to, Socket end, CancellationToken stop)
    {
        await from.CopyToAsync(to, stop);
        end.Shutdown(SocketShutdown.Send);
    }

    private static ValueTask AnswerAsync(NetworkStream client, string status, string words, CancellationToken cancellationToken) =>
        client.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {Encoding.UTF8.GetByteCount(words) + 1}\r\nConnection: close\r\n\r\n{words}\n"), cancellationToken);

    [LoggerMessage(LogLevel.Information, "An agent asked for {Host}:{Port}, which its profile does not allow; refused")]
    private partial void LogRefused(string host, int port);
}
