using System.Net.Http.Headers;

namespace Pilotlight.Wire.Upstreams;

/// <summary>A request on its way to an upstream, in the shape of Anthropic's API.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="PathAndQuery">What follows the base address, with a slash in front.</param>
/// <param name="Headers">The headers as they came, the caller's credential and those of the connection left out.</param>
/// <param name="Body">The body; empty when there is none.</param>
/// <param name="Model">The upstream's own name for the model; empty when the request names none.</param>
/// <param name="IsStreaming">Whether it asks for a stream.</param>
internal sealed record UpstreamRequest(
    HttpMethod Method,
    string PathAndQuery,
    IReadOnlyList<KeyValuePair<string, IEnumerable<string>>> Headers,
    ReadOnlyMemory<byte> Body,
    string Model,
    bool IsStreaming);

/// <summary>How one kind of upstream is spoken to. Safe for concurrent use.</summary>
internal interface IUpstreamProtocol
{
    /// <summary>The address it is reached at, for probes and errors; holds no secret.</summary>
    Uri Address { get; }

    /// <summary>Makes the request, credential included; null when it has no such route.</summary>
    ValueTask<HttpRequestMessage?> CreateAsync(UpstreamRequest request, CancellationToken cancellationToken);

    /// <summary>Turns the answer's body into what Anthropic's API would send.</summary>
    Stream Translate(HttpResponseHeaders headers, HttpContentHeaders contentHeaders, Stream body);
}
