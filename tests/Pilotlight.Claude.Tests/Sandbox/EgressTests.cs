using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Pilotlight.Claude.Sandbox;

namespace Pilotlight.Claude.Tests.Sandbox;

/// <summary>The proxy that is the only way out of closed walls.</summary>
public sealed class EgressTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("plp-");
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);

    public EgressTests() => _server.Start();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private int Port => ((IPEndPoint)_server.LocalEndpoint).Port;

    private string SocketPath => Path.Combine(_folder.FullName, "p");

    public void Dispose()
    {
        _server.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData("example.com", "example.com", 443, true)]
    [InlineData("example.com", "EXAMPLE.com.", 80, true)]
    [InlineData("example.com", "a.example.com", 443, false)]
    [InlineData("example.com", "example.com", 22, false)]
    [InlineData("*.example.com", "a.b.example.com", 443, true)]
    [InlineData("*.example.com", "example.com", 443, false)]
    [InlineData("*.example.com", "badexample.com", 443, false)]
    [InlineData("example.com:8443", "example.com", 8443, true)]
    [InlineData("example.com:8443", "example.com", 443, false)]
    [InlineData("example.com", "93.184.216.34", 443, false)]
    [InlineData("example.com", "[::1]", 443, false)]
    [InlineData("example.com", "2130706433", 443, false)]
    public void A_host_is_allowed_by_its_name_and_port(string entry, string host, int port, bool isAllowed) =>
        Assert.Equal(isAllowed, new HostRules([entry]).Allows(host, port));

    [Theory]
    [InlineData("93.184.216.34", true)]
    [InlineData("2606:2800:220:1::1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.0.1", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    public void Only_public_addresses_are_connected_to(string address, bool isPublic) => Assert.Equal(isPublic, HostRules.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public async Task A_tunnel_carries_both_ways_what_it_is_given()
    {
        using var proxy = Proxy();
        using var client = await ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes($"CONNECT allowed.test:{Port} HTTP/1.1\r\nHost: x\r\n\r\nearly"), Token);
        using var served = await _server.AcceptSocketAsync(Token);

        Assert.Equal("early", await ReadAsync(served, 5));
        await served.SendAsync("late"u8.ToArray(), Token);
        served.Shutdown(SocketShutdown.Send);

        Assert.EndsWith("\r\n\r\nlate", await ReadAsync(client), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plain_request_reaches_the_host_that_was_allowed_whatever_its_headers_say()
    {
        using var proxy = Proxy();
        using var client = await ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes($"GET http://allowed.test:{Port}/a?b HTTP/1.1\r\nHost: inner.test\r\nProxy-Connection: keep-alive\r\nAccept: */*\r\n\r\n"), Token);
        using var served = await _server.AcceptSocketAsync(Token);

        var head = $"GET /a?b HTTP/1.1\r\nHost: allowed.test:{Port}\r\nConnection: close\r\nAccept: */*\r\n\r\n";
        Assert.Equal(head, await ReadAsync(served, head.Length));
    }

    [Theory]
    [InlineData("CONNECT other.test:443 HTTP/1.1\r\n\r\n", "403")]
    [InlineData("CONNECT allowed.test:22 HTTP/1.1\r\n\r\n", "403")]
    [InlineData("CONNECT 127.0.0.1:443 HTTP/1.1\r\n\r\n", "403")]
    [InlineData("GET http://[::1]/ HTTP/1.1\r\n\r\n", "403")]
    [InlineData("GET /etc/passwd HTTP/1.1\r\n\r\n", "400")]
    [InlineData("GET file:///etc/passwd HTTP/1.1\r\n\r\n", "400")]
    [InlineData("nonsense\r\n\r\n", "400")]
    public async Task What_is_not_allowed_is_refused_with_its_reason(string request, string status)
    {
        using var proxy = Proxy();
        using var client = await ConnectAsync();

        await client.SendAsync(Encoding.ASCII.GetBytes(request), Token);

        Assert.StartsWith($"HTTP/1.1 {status} ", await ReadAsync(client), StringComparison.Ordinal);
    }

    private EgressProxy Proxy() =>
        new(SocketPath, new HostRules([$"allowed.test:{Port}"]), NullLogger.Instance, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), Token);
        return socket;
    }

    private static async Task<string> ReadAsync(Socket socket, int length = int.MaxValue)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (text.Length < length && await socket.ReceiveAsync(buffer, Token) is > 0 and var read)
        {
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return text.ToString();
    }
}
