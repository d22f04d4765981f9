using System.Text.Json;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.ParameterRules;

namespace Pilotlight.Gateway.OpenAi;

/// <summary>What becomes of a chat completion's parameters.</summary>
internal static class ChatCompletionParameters
{
    public static ParameterRules Rules { get; } = new()
    {
        Read = new HashSet<string>(StringComparer.Ordinal)
        {
            "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "temperature", "top_p", "top_k", "stop",
            "tools", "tool_choice", "parallel_tool_calls", "response_format", "reasoning_effort", "reasoning", "thinking", "service_tier",
            "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
        },
        Tuning = new Dictionary<string, Func<JsonElement, bool>>(StringComparer.Ordinal)
        {
            ["presence_penalty"] = value => IsNumber(value, 0),
            ["frequency_penalty"] = value => IsNumber(value, 0),
            ["logit_bias"] = IsEmpty,
            ["seed"] = Never,
            ["verbosity"] = Never,
            ["prediction"] = Never,
            ["store"] = IsOff,
            ["metadata"] = IsEmpty,
        },
        Essential = new Dictionary<string, EssentialParameter>(StringComparer.Ordinal)
        {
            ["n"] = new(value => IsNumber(value, 1), "Leave it out, and send the call once for each answer."),
            ["logprobs"] = new(IsOff, "Leave it out: the model tells none."),
            ["top_logprobs"] = new(value => IsNumber(value, 0), "Leave it out: the model tells none."),
            ["modalities"] = new(
                value => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => IsOneOf(item, "text")), "Leave it out: the model answers in text."),
            ["audio"] = new(Never, "Leave it out: the model answers in text."),
            ["web_search_options"] = new(Never, "Leave it out, and offer a tool that searches."),
            ["functions"] = new(IsEmpty, "Send them as tools."),
            ["function_call"] = new(value => IsOneOf(value, "none", "auto"), "Send tools and tool_choice."),
        },
    };
}
