using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire;

/// <summary>A call of a client's own, in the shape of the Messages API, that needs no CLI. Immutable.</summary>
public sealed record DirectCall
{
    /// <summary>The path with its query. Default: <c>/v1/messages</c>; <c>/v1/messages/count_tokens</c> and <c>/v1/models</c> are known too.</summary>
    public string Path { get; init; } = "/v1/messages";

    /// <summary>The method. Default: POST.</summary>
    public HttpMethod Method { get; init; } = HttpMethod.Post;

    /// <summary>The body as it came; not changed while the call runs, unless <see cref="Turn"/> or a budget asks for it.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The client's headers. Credentials and those of its connection are left out by the relay. Default: none.</summary>
    public IEnumerable<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Budget, observer, parameters and trace of the call. Default: none.</summary>
    public WireTurn Turn { get; init; } = new();
}
