using System.Net.Http.Headers;
using Pilotlight.Wire.Bodies;

namespace Pilotlight.Wire.Protocols;

/// <summary>Google Vertex AI: the model stands in the path, the version in the body, and a token of Google's in the header.</summary>
/// <param name="address">Up to the location: <c>https://REGION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/REGION</c>.</param>
/// <param name="token">Gives an access token.</param>
internal sealed class VertexProtocol(Uri address, Func<CancellationToken, ValueTask<string>> token) : IUpstreamProtocol
{
    // What the CLI asks for in its own Vertex mode (2.1.330).
    private static readonly HashSet<string> KnownBetas = new(StringComparer.Ordinal)
    {
        "claude-code-20250219", "interleaved-thinking-2025-05-14", "web-search-2025-03-05", "context-1m-2025-08-07",
    };

    private readonly string _models = address.AbsoluteUri.TrimEnd('/') + "/publishers/anthropic/models/";

    public Uri Address => address;

    public async ValueTask<HttpRequestMessage?> CreateAsync(UpstreamRequest request, CancellationToken cancellationToken)
    {
        if (request.Method != HttpMethod.Post || request.Path is not ("/v1/messages" or "/v1/messages/count_tokens"))
        {
            return null;
        }

        var isCount = request.Path != "/v1/messages";
        var body = JsonObjectEdit.Parse(request.Body);
        if (request.IsOfCli)
        {
            CliBody.Adapt(body, keepsContextManagement: false);
        }

        if (!isCount)
        {
            body.Remove("model");
        }

        body.Set("anthropic_version", "\"vertex-2023-10-16\""u8.ToArray());
        var headers = request.IsOfCli ? BetaHeader.Keep(request.Headers, KnownBetas) : request.Headers;
        var target = isCount ? "count-tokens:rawPredict" : Uri.EscapeDataString(request.Model).Replace("%40", "@", StringComparison.Ordinal) + (request.IsStreaming ? ":streamRawPredict" : ":rawPredict");
        var message = UpstreamRequests.Create(request with { Headers = headers }, new Uri(_models + target), body.ToBytes());
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await token(cancellationToken));
        return message;
    }

    public Stream Translate(HttpContentHeaders headers, Stream body) => body;
}
