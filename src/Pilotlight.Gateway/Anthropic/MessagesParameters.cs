using System.Text.Json;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.ParameterRules;

namespace Pilotlight.Gateway.Anthropic;

/// <summary>What becomes of a message's parameters.</summary>
internal static class MessagesParameters
{
    public static ParameterRules Rules { get; } = new()
    {
        // The CLI caches prompts by itself.
        Read = new HashSet<string>(StringComparer.Ordinal)
        {
            "model", "messages", "system", "stream", "max_tokens", "metadata", "cache_control", "tools", "tool_choice", "temperature", "top_p",
            "top_k", "stop_sequences", "thinking", "output_config", "output_format", "service_tier",
        },
        Tuning = new Dictionary<string, Func<JsonElement, bool>>(StringComparer.Ordinal)
        {
            ["context_management"] = IsEmpty,
            ["inference_geo"] = Never,
            ["speed"] = value => IsOneOf(value, "standard"),
        },
        Essential = new Dictionary<string, EssentialParameter>(StringComparer.Ordinal)
        {
            ["mcp_servers"] = new(IsEmpty, "Leave it out, and set them up in a profile of the gateway's."),
            ["container"] = new(IsEmpty, "Leave it out: code runs in no container here."),
        },
    };
}
