using System.Text.Json.Nodes;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Claude.Sessions;

/// <summary>What a live process can be told between two turns: how much to think, and whether to show it, and how an agent's tools are permitted.</summary>
/// <param name="Effort">How much the model is to think.</param>
/// <param name="ThinkingSummaries">Whether that is shown.</param>
/// <param name="PermissionMode">The CLI's permission mode; null only for the chat profile, which has none.</param>
internal sealed record TurnTuning(Effort? Effort, bool? ThinkingSummaries, string? PermissionMode)
{
    /// <summary>As the CLI starts.</summary>
    public static TurnTuning AtStart(AgentProfileOptions? agent) => new(null, null, agent?.PermissionMode);

    public static TurnTuning Of(Conversation conversation, AgentProfileOptions? agent) =>
        new(conversation.Effort, conversation.ThinkingSummaries, agent is null ? null : conversation.PermissionMode ?? agent.PermissionMode);

    /// <summary>The control requests that bring a process from here to <paramref name="wanted"/>.</summary>
    public IEnumerable<JsonObject> ChangeTo(TurnTuning wanted, out TurnTuning now)
    {
        now = wanted;
        return this == wanted ? [] : Requests(wanted);
    }

    private IEnumerable<JsonObject> Requests(TurnTuning wanted)
    {
        if (wanted.Effort != Effort)
        {
            yield return new JsonObject
            {
                ["subtype"] = "apply_flag_settings",
                ["settings"] = new JsonObject { ["effortLevel"] = wanted.Effort?.ToString().ToLowerInvariant() },
            };
        }

        if (wanted.ThinkingSummaries != ThinkingSummaries)
        {
            yield return new JsonObject
            {
                ["subtype"] = "set_max_thinking_tokens",
                ["thinking_display"] = wanted.ThinkingSummaries switch { true => "summarized", false => "omitted", null => null },
            };
        }

        if (wanted.PermissionMode != PermissionMode)
        {
            yield return new JsonObject { ["subtype"] = "set_permission_mode", ["mode"] = wanted.PermissionMode };
        }
    }
}
