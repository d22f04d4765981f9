using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Pilotlight.Wire.Recording;

/// <summary>Finds a call again on another machine and another day: by model and what was said, not by folder, date or session.</summary>
internal static class CallKey
{
    private const string Reminder = "<system-reminder>";

    public static string Of(string path, JsonElement body)
    {
        var said = new StringBuilder(path.Split('?')[0]);
        Add(said, Text(body, "model"));
        Add(said, body.ValueKind == JsonValueKind.Object && body.TryGetProperty("stream", out var stream) ? stream.ToString() : "");
        if (body.ValueKind == JsonValueKind.Object && body.TryGetProperty("messages", out var messages) && messages.ValueKind == JsonValueKind.Array)
        {
            foreach (var message in messages.EnumerateArray().Where(message => Text(message, "role") != "system"))
            {
                Add(said, Text(message, "role"));
                Content(said, message);
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(said.ToString())))[..24];
    }

    private static void Content(StringBuilder said, JsonElement message)
    {
        if (!message.TryGetProperty("content", out var content))
        {
            return;
        }

        if (content.ValueKind == JsonValueKind.String)
        {
            Add(said, content.GetString()!);
            return;
        }

        foreach (var block in content.EnumerateArray())
        {
            var text = Text(block, "text");
            if (text.StartsWith(Reminder, StringComparison.Ordinal))
            {
                continue;
            }

            // What a tool returns, and where it was called, is the machine's; which call it was is the conversation's.
            Add(said, Text(block, "type") switch
            {
                "text" => text,
                "tool_use" => Text(block, "id") + Text(block, "name"),
                "tool_result" => Text(block, "tool_use_id"),
                var other => other,
            });
        }
    }

    private static void Add(StringBuilder said, string part) => said.Append('\u001f').Append(part);

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
