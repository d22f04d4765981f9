using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Responses;

/// <summary>Reads how a response is to be made.</summary>
internal static class ResponseSettings
{
    private const double MostAtOpenAi = 2;
    private const string EncryptedReasoning = "reasoning.encrypted_content";

    public static CallSettings Read(JsonElement body)
    {
        var (tuning, unknown) = ResponseParameters.Rules.Sort(body);
        var (effort, thinking) = Reasoning(body);
        var isOtherTier = body.TextOrNull("service_tier", "service_tier") is not (null or "auto" or "default" or "standard");
        return new CallSettings
        {
            // Above the model's own most it is that, as on the other route.
            Temperature = Unless1(body.UpTo("temperature", MostAtOpenAi) is { } temperature ? Math.Min(temperature, 1) : null),
            TopP = Unless1(body.UpTo("top_p", 1)),
            MaxTokens = body.Positive("max_output_tokens", "max_output_tokens"),
            ToolChoice = ResponseTools.Choice(body),
            OneCallAtATime = body.Get("parallel_tool_calls") is { ValueKind: JsonValueKind.False } && ResponseTools.Read(body).Count > 0,
            StrictTools = ResponseTools.Strict(body),
            Effort = effort,
            Thinking = thinking,
            ThinkingSummaries = body.Inner("reasoning")?.Get("summary") is not null || body.Inner("reasoning")?.Get("generate_summary") is not null ? true : null,
            KeepsThinking = body.Get("include") is { ValueKind: JsonValueKind.Array } include && include.EnumerateArray().Any(item => item.ValueKind == JsonValueKind.String && item.ValueEquals(EncryptedReasoning)),
            UserId = body.TextOrNull("safety_identifier", "safety_identifier") ?? body.TextOrNull("user", "user"),
            Tuning =
            [
                .. tuning,
                .. isOtherTier ? ["service_tier"] : (string[])[],
                .. body.Inner("text")?.TextOrNull("verbosity", "text.verbosity") is not (null or "medium") ? ["text.verbosity"] : (string[])[],
                .. ResponseTools.Ignored(body),
            ],
            Unknown = unknown,
        };
    }

    private static double? Unless1(double? value) => value == 1 ? null : value;

    private static (Effort? Effort, ThinkingSetting? Thinking) Reasoning(JsonElement body) => body.Inner("reasoning")?.TextOrNull("effort", "reasoning.effort") switch
    {
        null => (null, null),
        "none" => (null, new ThinkingSetting("disabled")),
        var word => (CallThinking.Effort(word) ?? throw Fault(
            "reasoning.effort", $"reasoning.effort is '{Short(word)}'; it must be none, minimal, low, medium, high, xhigh or max."), null),
    };
}
