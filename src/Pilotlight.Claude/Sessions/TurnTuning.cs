using System.Text.Json.Nodes;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Claude.Sessions;

/// <summary>What a live process can be told between two turns: how much to think, and whether to show it.</summary>
internal sealed record TurnTuning(Effort? Effort, bool? ThinkingSummaries)
{
    /// <summary>As the CLI starts.</summary>
    public static TurnTuning None { get; } = new(null, null);

    public static TurnTuning Of(Conversation conversation) => new(conversation.Effort, conversation.ThinkingSummaries);

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
    }
}
