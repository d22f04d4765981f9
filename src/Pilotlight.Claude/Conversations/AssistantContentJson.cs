using System.Text.Json.Nodes;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Conversations;

/// <summary>An earlier answer as the API's content blocks.</summary>
internal static class AssistantContentJson
{
    public static JsonArray From(HistoryMessage message)
    {
        var blocks = new JsonArray();
        if (message.Text.Length > 0)
        {
            blocks.Add(new JsonObject { ["type"] = "text", ["text"] = message.Text });
        }

        foreach (var call in message.Calls ?? [])
        {
            blocks.Add(new JsonObject
            {
                ["type"] = "tool_use",
                ["id"] = call.ToolUseId,
                ["name"] = call.Name,
                ["input"] = call.Input.ToNode(),
            });
        }

        return blocks;
    }
}
