using System.Text.Json.Nodes;

namespace Pilotlight.Claude.Profiles;

/// <summary>The <c>agents</c> of <c>initialize</c>.</summary>
internal static class SubagentJson
{
    public static JsonObject Declare(IEnumerable<KeyValuePair<string, SubagentOptions>> agents) =>
        new(agents.Select(agent => KeyValuePair.Create(agent.Key, (JsonNode?)Declare(agent.Value))));

    private static JsonObject Declare(SubagentOptions agent)
    {
        var declared = new JsonObject { ["description"] = agent.Description, ["prompt"] = agent.Prompt };
        if (agent.Tools.Count > 0)
        {
            declared["tools"] = Names(agent.Tools);
        }

        if (agent.DisallowedTools.Count > 0)
        {
            declared["disallowedTools"] = Names(agent.DisallowedTools);
        }

        if (agent.Model is { Length: > 0 } model)
        {
            declared["model"] = model;
        }

        if (agent.Effort is { } effort)
        {
            declared["effort"] = effort.ToString().ToLowerInvariant();
        }

        if (agent.MaxTurns is { } turns)
        {
            declared["maxTurns"] = turns;
        }

        return declared;
    }

    private static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => JsonValue.Create(name))];
}
