using System.Net.Http.Headers;
using Pilotlight.Wire.Bodies;

namespace Pilotlight.Wire.Protocols;

/// <summary>Microsoft Foundry: Anthropic's API at another address, with fewer features for the CLI.</summary>
internal sealed class FoundryProtocol(Uri address, string apiKey) : IUpstreamProtocol
{
    // What the CLI asks for in its own Foundry mode (2.1.330).
    private static readonly HashSet<string> KnownBetas = new(StringComparer.Ordinal)
    {
        "claude-code-20250219", "interleaved-thinking-2025-05-14", "context-management-2025-06-27", "web-search-2025-03-05",
        "thinking-token-count-2026-05-13", "thinking-display-updates-2026-08-18", "context-1m-2025-08-07",
    };

    private readonly AnthropicProtocol _inner = new(address, ("x-api-key", apiKey));

    public Uri Address => address;

    public ValueTask<HttpRequestMessage?> CreateAsync(UpstreamRequest request, CancellationToken cancellationToken) =>
        _inner.CreateAsync(request.IsOfCli ? Adapt(request) : request, cancellationToken);

    public Stream Translate(HttpContentHeaders headers, Stream body) => body;

    private static UpstreamRequest Adapt(UpstreamRequest request)
    {
        var body = JsonObjectEdit.Parse(request.Body);
        CliBody.Adapt(body, keepsContextManagement: true);
        return request with { Body = body.ToBytes(), Headers = BetaHeader.Keep(request.Headers, KnownBetas) };
    }
}
