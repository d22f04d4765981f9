using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.OpenAi;

/// <summary>Reads how a chat completion is to be made.</summary>
internal static class ChatCompletionSettings
{
    private const double MostHere = 1;
    private const double MostAtOpenAi = 2;

    public static CallSettings Read(JsonElement body)
    {
        var (tuning, unknown) = ChatCompletionParameters.Rules.Sort(body);
        var (effort, thinking) = Reasoning(body);
        var tier = body.TextOrNull("service_tier", "service_tier");
        var isOtherTier = tier is not (null or "auto" or "default" or "standard");
        return new CallSettings
        {
            // Above the model's own most it is that, as in Anthropic's own OpenAI layer.
            Temperature = Unless1(body.UpTo("temperature", MostAtOpenAi) is { } temperature ? Math.Min(temperature, MostHere) : null),
            TopP = Unless1(body.UpTo("top_p", 1)),
            TopK = body.Positive("top_k", "top_k"),
            StopSequences = body.Texts("stop"),
            MaxTokens = body.Positive("max_completion_tokens", "max_completion_tokens") ?? body.Positive("max_tokens", "max_tokens"),
            ToolChoice = ChatCompletionTools.Choice(body),
            OneCallAtATime = body.Get("parallel_tool_calls") is { ValueKind: JsonValueKind.False },
            StrictTools = ChatCompletionTools.Strict(body),
            Thinking = thinking,
            Effort = effort,
            ServiceTier = tier is "default" or "standard" ? "standard_only" : null,
            UserId = body.TextOrNull("safety_identifier", "safety_identifier") ?? body.TextOrNull("user", "user"),
            Tuning = isOtherTier ? [.. tuning, "service_tier"] : tuning,
            Unknown = unknown,
        };
    }

    private static double? Unless1(double? value) => value == 1 ? null : value;

    private static (Effort? Effort, ThinkingSetting? Thinking) Reasoning(JsonElement body)
    {
        var word = body.TextOrNull("reasoning_effort", "reasoning_effort") ?? body.Inner("reasoning")?.TextOrNull("effort", "reasoning.effort");
        return word switch
        {
            null => (null, CallThinking.Read(body)),
            "none" => (null, new ThinkingSetting("disabled")),
            _ => (CallThinking.Effort(word) ?? throw Fault(
                "reasoning_effort", $"reasoning_effort is '{Short(word)}'; it must be none, minimal, low, medium, high, xhigh or max."), CallThinking.Read(body)),
        };
    }
}
