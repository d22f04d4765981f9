using System.Net;

namespace Pilotlight.Wire.Upstreams;

/// <summary>Makes a request of what came, headers and body as they are.</summary>
internal static class UpstreamRequests
{
    public static HttpRequestMessage Create(UpstreamRequest request, Uri address, ReadOnlyMemory<byte> body)
    {
        var message = new HttpRequestMessage(request.Method, address)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = body.IsEmpty ? null : new ReadOnlyMemoryContent(body),
        };
        foreach (var (name, values) in request.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, values))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, values);
            }
        }

        return message;
    }
}
