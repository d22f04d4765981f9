using System.Net.Http.Headers;

namespace Pilotlight.Wire.Protocols;

/// <summary>Anthropic's own API, and what speaks as it does; only the credential differs.</summary>
/// <param name="address">The base address.</param>
/// <param name="credential">The header that holds the key, and the key; null adds none.</param>
internal sealed class AnthropicProtocol(Uri address, (string Header, string Value)? credential) : IUpstreamProtocol
{
    private readonly string _base = address.AbsoluteUri.TrimEnd('/');

    public Uri Address => address;

    public ValueTask<HttpRequestMessage?> CreateAsync(UpstreamRequest request, CancellationToken cancellationToken)
    {
        var message = UpstreamRequests.Create(request, new Uri(_base + request.PathAndQuery), request.Body);
        if (credential is var (header, value))
        {
            message.Headers.TryAddWithoutValidation(header, value);
        }

        return new(message);
    }

    public Stream Translate(HttpContentHeaders headers, Stream body) => body;
}
