using System.Text.Json;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.ParameterRules;

namespace Pilotlight.Gateway.Responses;

/// <summary>What becomes of the parameters of <c>POST /v1/responses</c>.</summary>
internal static class ResponseParameters
{
    public static ParameterRules Rules { get; } = new()
    {
        Read = new HashSet<string>(StringComparer.Ordinal)
        {
            "model", "input", "instructions", "previous_response_id", "conversation", "store", "background", "stream", "stream_options", "metadata", "tools",
            "tool_choice", "parallel_tool_calls", "text", "reasoning", "temperature", "top_p", "max_output_tokens", "user", "safety_identifier",
            "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "include", "client_metadata", "service_tier",
        },
        Tuning = new Dictionary<string, Func<JsonElement, bool>>(StringComparer.Ordinal)
        {
            ["truncation"] = value => IsOneOf(value, "auto", "disabled"), // A thread that grows too long drops its oldest turns, and says so.
            ["max_tool_calls"] = Never,
            ["top_logprobs"] = value => IsNumber(value, 0),
            ["context_management"] = IsEmpty,
            ["moderation"] = Never,
        },
        Essential = new Dictionary<string, EssentialParameter>(StringComparer.Ordinal)
        {
            ["prompt"] = new(IsEmpty, "Send what the template says as instructions and input: templates are kept nowhere here."),
        },
    };
}
