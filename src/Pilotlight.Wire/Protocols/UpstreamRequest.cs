namespace Pilotlight.Wire.Protocols;

/// <summary>A request on its way to an upstream, in the shape of Anthropic's API.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="PathAndQuery">What follows the base address, with a slash in front.</param>
/// <param name="Headers">The headers as they came, the caller's credential and those of the connection left out.</param>
/// <param name="Body">The body; empty when there is none.</param>
/// <param name="Model">The upstream's own name for the model; empty when the request names none.</param>
/// <param name="IsStreaming">Whether it asks for a stream.</param>
/// <param name="IsOfCli">Whether a CLI made it, which takes every upstream for Anthropic's own.</param>
internal sealed record UpstreamRequest(
    HttpMethod Method,
    string PathAndQuery,
    IReadOnlyList<KeyValuePair<string, IEnumerable<string>>> Headers,
    ReadOnlyMemory<byte> Body,
    string Model,
    bool IsStreaming,
    bool IsOfCli)
{
    /// <summary>The values of the <c>anthropic-beta</c> header.</summary>
    public IEnumerable<string> Betas => Headers
        .Where(header => header.Key.Equals("anthropic-beta", StringComparison.OrdinalIgnoreCase))
        .SelectMany(header => header.Value)
        .SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The path without its query.</summary>
    public string Path => PathAndQuery.Split('?')[0];
}
