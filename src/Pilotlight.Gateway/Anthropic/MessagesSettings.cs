using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Anthropic;

/// <summary>Reads how a message is to be made.</summary>
internal static class MessagesSettings
{
    public static CallSettings Read(JsonElement body)
    {
        var (tuning, unknown) = MessagesParameters.Rules.Sort(body);
        return new CallSettings
        {
            Temperature = Unless1(body.UpTo("temperature", 1)),
            TopP = Unless1(body.UpTo("top_p", 1)),
            TopK = body.Positive("top_k", "top_k"),
            StopSequences = body.Texts("stop_sequences"),
            MaxTokens = body.Positive("max_tokens", "max_tokens"),
            ToolChoice = MessagesTools.Choice(body),
            OneCallAtATime = body.Inner("tool_choice")?.Flag("disable_parallel_tool_use", "tool_choice.disable_parallel_tool_use") == true,
            StrictTools = MessagesTools.Strict(body),
            Thinking = CallThinking.Read(body),
            Effort = Effort(body),
            ServiceTier = body.TextOrNull("service_tier", "service_tier") is { } tier and not "auto" ? tier : null,
            UserId = body.Inner("metadata")?.TextOrNull("user_id", "metadata.user_id"),
            Tuning = tuning,
            Unknown = unknown,
        };
    }

    /// <summary>The schema of the answer; null is text.</summary>
    public static JsonElement? Schema(JsonElement body)
    {
        var (format, place) = body.Inner("output_config")?.Inner("format") is { } own ? (own, "output_config.format") : (body.Inner("output_format"), "output_format");
        if (format is not { } asked)
        {
            return null;
        }

        var type = asked.Text("type", place + ".type");
        return type == "json_schema"
            ? CallerTools.Schema(asked.Get("schema") ?? throw Fault(place + ".schema", $"{place}.schema is missing."), place + ".schema")
            : throw Fault(place + ".type", $"{place}.type is '{Short(type)}'; it must be json_schema.");
    }

    private static Effort? Effort(JsonElement body) => body.Inner("output_config")?.TextOrNull("effort", "output_config.effort") switch
    {
        null => null,
        var word => CallThinking.Effort(word) ?? throw Fault("output_config.effort", $"output_config.effort is '{Short(word)}'; it must be low, medium, high, xhigh or max."),
    };

    private static double? Unless1(double? value) => value == 1 ? null : value;
}
