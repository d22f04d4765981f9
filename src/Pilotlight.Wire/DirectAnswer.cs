using Pilotlight.Wire.Forwarding;

namespace Pilotlight.Wire;

/// <summary>The API's answer to a <see cref="DirectCall"/>, as it comes; dispose it when its body is read or not wanted.</summary>
public sealed class DirectAnswer : IDisposable
{
    private readonly HttpResponseMessage _response;

    private DirectAnswer(HttpResponseMessage response, Stream body) => (_response, Body) = (response, body);

    /// <summary>The HTTP status.</summary>
    public int Status => (int)_response.StatusCode;

    /// <summary>The name of the upstream that answered; null when the relay itself did.</summary>
    public string? Upstream => _response.Headers.TryGetValues(RelayHeaders.Upstream, out var values) ? values.First() : null;

    /// <summary>The answer's headers, those of the connection left out.</summary>
    public IEnumerable<KeyValuePair<string, IEnumerable<string>>> Headers =>
        _response.Headers.Concat(_response.Content.Headers).Where(header => !AnswerHeaders.IsOfConnection(header.Key));

    /// <summary>The body, byte for byte as it comes. Disposing it early ends the call.</summary>
    public Stream Body { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Body.Dispose();
        _response.Dispose();
    }

    internal static async Task<DirectAnswer> CreateAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        new(response, await response.Content.ReadAsStreamAsync(cancellationToken));
}
