using System.Net.Http.Headers;
using Pilotlight.Wire.Bodies;

namespace Pilotlight.Wire.Protocols;

/// <summary>Amazon Bedrock: the model stands in the path, versions and betas in the body, and a stream comes in Amazon's own frames.</summary>
/// <param name="address">Such as <c>https://bedrock-runtime.REGION.amazonaws.com</c>.</param>
/// <param name="signer">Adds the credential.</param>
internal sealed class BedrockProtocol(Uri address, IBedrockSigner signer) : IUpstreamProtocol
{
    // What the CLI asks for in its own Bedrock mode (2.1.330), and the long context.
    private static readonly HashSet<string> KnownBetas = new(StringComparer.Ordinal) { "interleaved-thinking-2025-05-14", "context-1m-2025-08-07" };

    private readonly string _models = address.AbsoluteUri.TrimEnd('/') + "/model/";

    public Uri Address => address;

    public async ValueTask<HttpRequestMessage?> CreateAsync(UpstreamRequest request, CancellationToken cancellationToken)
    {
        if (request.Method != HttpMethod.Post || request.Path != "/v1/messages")
        {
            return null;
        }

        var body = JsonObjectEdit.Parse(request.Body);
        if (request.IsOfCli)
        {
            CliBody.Adapt(body, keepsContextManagement: false);
        }

        body.Remove("model");
        body.Remove("stream");
        body.Set("anthropic_version", "\"bedrock-2023-05-31\""u8.ToArray());
        IReadOnlyList<string> betas = [.. request.Betas.Where(beta => !request.IsOfCli || KnownBetas.Contains(beta))];
        if (betas.Count > 0)
        {
            body.Set("anthropic_beta", BodyJson.Write(betas));
        }

        var bytes = body.ToBytes();
        var target = _models + Uri.EscapeDataString(request.Model) + (request.IsStreaming ? "/invoke-with-response-stream" : "/invoke");
        var message = UpstreamRequests.CreatePlain(request, new Uri(target), bytes);
        await signer.SignAsync(message, bytes, cancellationToken);
        return message;
    }

    public Stream Translate(HttpContentHeaders headers, Stream body)
    {
        if (headers.ContentType?.MediaType != "application/vnd.amazon.eventstream")
        {
            return body;
        }

        headers.ContentType = new MediaTypeHeaderValue("text/event-stream") { CharSet = "utf-8" };
        headers.ContentLength = null;
        return new BedrockEventStream(body);
    }
}
