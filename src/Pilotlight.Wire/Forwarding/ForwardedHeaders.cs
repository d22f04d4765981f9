using Pilotlight.Wire.Protocols;

namespace Pilotlight.Wire.Forwarding;

/// <summary>Which of a request's headers go on to an upstream.</summary>
internal static class ForwardedHeaders
{
    // The relay reads answers along, so they come uncompressed; the hints are the CLI's to us, and the API never saw them before.
    private static readonly HashSet<string> Dropped = new(StringComparer.OrdinalIgnoreCase)
    {
        "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "te", "transfer-encoding", "upgrade",
        "x-claude-1p-request-class", "x-claude-code-agent-type", "x-claude-code-compaction", "x-claude-code-prev-tool-durations",
        "x-claude-code-prompt-id", RequestClass.Header,
    };

    private static readonly HashSet<string> Credentials = new(StringComparer.OrdinalIgnoreCase) { "authorization", "x-api-key", "api-key", "cookie" };

    public static IReadOnlyList<KeyValuePair<string, IEnumerable<string>>> Of(HttpRequestMessage request, WireCall call)
    {
        var headers = request.Headers.NonValidated.Select(Pair)
            .Concat(request.Content?.Headers.NonValidated.Select(Pair) ?? [])
            .Where(header => !Dropped.Contains(header.Key) && (call.IsSignedIn || !Credentials.Contains(header.Key)))
            .ToList();
        return BetaHeader.Add(headers, call.Betas);

        static KeyValuePair<string, IEnumerable<string>> Pair(KeyValuePair<string, System.Net.Http.Headers.HeaderStringValues> header) =>
            new(header.Key, header.Value);
    }
}
