using System.Text.Json;
using Pilotlight.Claude.Conversations;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Reads how much a model is to think.</summary>
internal static class CallThinking
{
    /// <summary>Anthropic's <c>thinking</c>, which its clients send to OpenAI's route as well; null where it was not asked for.</summary>
    public static ThinkingSetting? Read(JsonElement body)
    {
        if (body.Get("thinking") is not { } asked)
        {
            return null;
        }

        var thinking = body.Inner("thinking") ?? throw Fault("thinking", $"thinking is {Kind(asked)}; it must be an object.");
        var kind = thinking.Text("type", "thinking.type");
        return kind is "enabled" or "adaptive" or "disabled"
            ? new ThinkingSetting(kind, thinking.Positive("budget_tokens", "thinking.budget_tokens"), thinking.TextOrNull("display", "thinking.display"))
            : throw Fault("thinking.type", $"thinking.type is '{Short(kind)}'; it must be enabled, adaptive or disabled.");
    }

    /// <summary>A word for how much; null for a word that is none of them.</summary>
    public static Effort? Effort(string word) => word switch
    {
        "minimal" or "low" => Claude.Conversations.Effort.Low,
        "medium" => Claude.Conversations.Effort.Medium,
        "high" => Claude.Conversations.Effort.High,
        "xhigh" => Claude.Conversations.Effort.XHigh,
        "max" => Claude.Conversations.Effort.Max,
        _ => null,
    };
}
