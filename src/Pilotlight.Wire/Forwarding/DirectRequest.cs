using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Forwarding;

/// <summary>Makes a request of a client's own call.</summary>
internal static class DirectRequest
{
    /// <exception cref="ArgumentException">The path is not one that is open to clients.</exception>
    public static HttpRequestMessage Create(
        HttpMethod method, string path, IEnumerable<KeyValuePair<string, string>> headers, CallFactory calls, ReadOnlyMemory<byte> body, WireTurn turn)
    {
        var route = path.Split('?')[0];
        if (!Routes.IsOpen(method.Method, route))
        {
            throw new ArgumentException($"There is no direct call {method} {path}; there are POST /v1/messages, POST /v1/messages/count_tokens and GET /v1/models.", nameof(path));
        }

        var request = new HttpRequestMessage(method, new Uri("http://upstream" + path)) { Content = new ReadOnlyMemoryContent(body) };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        request.Options.Set(WireCall.Key, calls.Direct(Routes.IsMessage(method.Method, route), body, turn));
        return request;
    }
}
