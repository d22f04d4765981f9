using System.Net.Http.Headers;

namespace Pilotlight.Wire.Protocols;

/// <summary>How one kind of upstream is spoken to. Safe for concurrent use.</summary>
internal interface IUpstreamProtocol
{
    /// <summary>The address it is reached at, for probes and errors; holds no secret.</summary>
    Uri Address { get; }

    /// <summary>Makes the request, credential included; null when it has no such route.</summary>
    ValueTask<HttpRequestMessage?> CreateAsync(UpstreamRequest request, CancellationToken cancellationToken);

    /// <summary>Turns an answer's body into what Anthropic's API would send, and its headers with it.</summary>
    Stream Translate(HttpContentHeaders headers, Stream body);
}
