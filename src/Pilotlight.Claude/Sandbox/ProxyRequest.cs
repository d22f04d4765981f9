using System.Text;

namespace Pilotlight.Claude.Sandbox;

/// <summary>What a client asks of a proxy: a tunnel, or one request over plain HTTP.</summary>
/// <param name="Host">The host it is for.</param>
/// <param name="Port">Its port.</param>
/// <param name="IsTunnel">Whether bytes go through as they are from here on.</param>
/// <param name="Opening">What is said first: to the client for a tunnel, to the host for a request.</param>
/// <param name="Rest">What was read beyond that.</param>
internal sealed record ProxyRequest(string Host, int Port, bool IsTunnel, ReadOnlyMemory<byte> Opening, ReadOnlyMemory<byte> Rest)
{
    private const int LongestHead = 16 * 1024;

    private static readonly string[] OwnHeaders = ["host:", "connection:", "keep-alive:", "upgrade:", "proxy-"];

    /// <summary>Reads one; null when it is none that can be served.</summary>
    public static async Task<ProxyRequest?> ReadAsync(Stream client, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestHead];
        var length = 0;
        while (length < buffer.Length && await client.ReadAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var read)
        {
            length += read;
            if (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) is >= 0 and var end)
            {
                return Parse(Encoding.Latin1.GetString(buffer, 0, end).Split("\r\n"), buffer.AsMemory((end + 4)..length));
            }
        }

        return null;
    }

    private static ProxyRequest? Parse(string[] lines, ReadOnlyMemory<byte> rest)
    {
        if (lines[0].Split(' ') is not [var method, var target, "HTTP/1.1" or "HTTP/1.0"])
        {
            return null;
        }

        if (method == "CONNECT")
        {
            return Uri.TryCreate($"tunnel://{target}", UriKind.Absolute, out var end) && end is { Port: > 0, PathAndQuery: "" or "/", UserInfo: "" }
                ? new ProxyRequest(end.Host, end.Port, true, "HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), rest)
                : null;
        }

        if (!Uri.TryCreate(target, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttp)
        {
            return null;
        }

        // The host is told the name that was allowed, and one connection carries one request: no second one can name another.
        var kept = lines.Skip(1).Where(line => !IsOurs(line));
        var head = $"{method} {address.PathAndQuery} HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: close\r\n{string.Concat(kept.Select(line => line + "\r\n"))}\r\n";
        return new ProxyRequest(address.Host, address.Port, false, Encoding.Latin1.GetBytes(head), rest);
    }

    private static bool IsOurs(string header) =>
        OwnHeaders.Any(name => header.StartsWith(name, StringComparison.OrdinalIgnoreCase));
}
