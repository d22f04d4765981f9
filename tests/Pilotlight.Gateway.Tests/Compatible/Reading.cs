using System.Text;
using Pilotlight.Core.Problems;
using Pilotlight.Gateway.Anthropic;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;
using Pilotlight.Gateway.OpenAi;

namespace Pilotlight.Gateway.Tests.Compatible;

/// <summary>Bodies as clients send them, read as the routes read them.</summary>
internal static class Reading
{
    public const string OpenAi = "/v1/chat/completions";
    public const string Anthropic = "/v1/messages";

    /// <summary>A body of the given properties, beside a model, a limit and one message where it brings none.</summary>
    public static CompatibleRequest Read(string api, string properties) => Read(api, Encoding.UTF8.GetBytes(Body(properties)));

    public static CompatibleRequest Read(string api, byte[] bytes)
    {
        using var body = JsonBody.Read(JsonBody.Mended(bytes));
        return api == OpenAi ? ChatCompletionRequest.Read(body.Root) : MessagesRequest.Read(body.Root);
    }

    public static Problem Fault(string api, string properties) => Assert.Throws<ProblemException>(() => Read(api, properties)).Problem;

    public static string Body(string properties)
    {
        var messages = properties.Contains("\"messages\"", StringComparison.Ordinal) ? "" : """,  "messages":[{"role":"user","content":"hi"}]""";
        return $$$"""{"model":"sonnet","max_tokens":64{{{messages}}}{{{(properties.Length > 0 ? "," + properties : "")}}} }""";
    }
}
