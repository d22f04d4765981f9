using System.Text.Json;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.ParameterRules;

namespace Pilotlight.Gateway.OpenAi;

/// <summary>What can be honoured of a chat completion's parameters.</summary>
internal static class ChatCompletionParameters
{
    public static ParameterRules Rules { get; } = new()
    {
        Taken = new HashSet<string>(StringComparer.Ordinal)
        {
            "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens",
            "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "parallel_tool_calls",
            "tools", "tool_choice", "response_format",
        },
        Harmless = new Dictionary<string, Func<JsonElement, bool>>(StringComparer.Ordinal)
        {
            ["n"] = value => IsNumber(value, 1),
            ["logprobs"] = IsOff,
            ["top_logprobs"] = value => IsNumber(value, 0),
            ["logit_bias"] = IsEmpty,
            ["stop"] = IsEmpty,
            ["store"] = IsOff,
            ["metadata"] = IsEmpty,
            ["service_tier"] = value => IsOneOf(value, "auto", "default"),
            ["modalities"] = value => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => IsOneOf(item, "text")),
            ["functions"] = IsEmpty,
            ["function_call"] = value => IsOneOf(value, "none", "auto"),
        },
        Sampling = new Dictionary<string, Func<JsonElement, bool>>(StringComparer.Ordinal)
        {
            ["temperature"] = value => IsNumber(value, 1),
            ["top_p"] = value => IsNumber(value, 1),
            ["presence_penalty"] = value => IsNumber(value, 0),
            ["frequency_penalty"] = value => IsNumber(value, 0),
            ["seed"] = _ => false,
            ["reasoning_effort"] = _ => false,
            ["verbosity"] = _ => false,
        },
    };
}
