using System.Net;

namespace Pilotlight.Wire.Protocols;

/// <summary>Makes HTTP requests for upstreams.</summary>
internal static class UpstreamRequests
{
    // All that an API which is not Anthropic's has use for.
    private static readonly string[] Plain = ["accept", "content-type", "user-agent"];

    /// <summary>With the headers as they came.</summary>
    public static HttpRequestMessage Create(UpstreamRequest request, Uri address, ReadOnlyMemory<byte> body) =>
        Create(request.Method, address, body, request.Headers);

    /// <summary>With the few headers that are everybody's.</summary>
    public static HttpRequestMessage CreatePlain(UpstreamRequest request, Uri address, ReadOnlyMemory<byte> body) =>
        Create(request.Method, address, body, request.Headers.Where(header => Plain.Contains(header.Key, StringComparer.OrdinalIgnoreCase)));

    private static HttpRequestMessage Create(
        HttpMethod method, Uri address, ReadOnlyMemory<byte> body, IEnumerable<KeyValuePair<string, IEnumerable<string>>> headers)
    {
        var message = new HttpRequestMessage(method, address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = body.IsEmpty ? null : new ReadOnlyMemoryContent(body),
        };
        foreach (var (name, values) in headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, values))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, values);
            }
        }

        return message;
    }
}
