using System.Text.Json;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.ParameterRules;

namespace Pilotlight.Gateway.Anthropic;

/// <summary>What can be honoured of a message's parameters.</summary>
internal static class MessagesParameters
{
    public static ParameterRules Rules { get; } = new()
    {
        // The CLI caches prompts by itself.
        Taken = new HashSet<string>(StringComparer.Ordinal)
        {
            "model", "messages", "system", "stream", "max_tokens", "metadata", "cache_control", "tools", "tool_choice",
        },
        Harmless = new Dictionary<string, Func<JsonElement, bool>>(StringComparer.Ordinal)
        {
            ["stop_sequences"] = IsEmpty,
            ["mcp_servers"] = IsEmpty,
            ["thinking"] = value => IsOneOf(value, "disabled"),
            ["service_tier"] = value => IsOneOf(value, "auto", "standard_only"),
        },
        Sampling = new Dictionary<string, Func<JsonElement, bool>>(StringComparer.Ordinal)
        {
            ["temperature"] = value => IsNumber(value, 1),
            ["top_p"] = value => IsNumber(value, 1),
            ["top_k"] = _ => false,
        },
    };
}
