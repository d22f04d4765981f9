using System.Text;
using System.Text.Json.Nodes;

namespace Pilotlight.Wire.Rehearsals;

/// <summary>An answer as the API streams it, that cost nothing.</summary>
internal static class RehearsalAnswer
{
    public static byte[] Write(string model, string text)
    {
        var events = new StringBuilder();
        Add("message_start", new() { ["message"] = Message(model) });
        Add("content_block_start", new() { ["index"] = 0, ["content_block"] = new JsonObject { ["type"] = "text", ["text"] = "" } });
        foreach (var word in Words(text))
        {
            Add("content_block_delta", new() { ["index"] = 0, ["delta"] = new JsonObject { ["type"] = "text_delta", ["text"] = word } });
        }

        Add("content_block_stop", new() { ["index"] = 0 });
        Add("message_delta", new()
        {
            ["delta"] = new JsonObject { ["stop_reason"] = "end_turn", ["stop_sequence"] = null },
            ["usage"] = new JsonObject { ["output_tokens"] = 0 },
        });
        Add("message_stop", []);
        return Encoding.UTF8.GetBytes(events.ToString());

        void Add(string type, JsonObject data)
        {
            data.Insert(0, "type", type);
            events.Append("event: ").Append(type).Append("\ndata: ").Append(data.ToJsonString()).Append("\n\n");
        }
    }

    private static JsonObject Message(string model) => new()
    {
        ["id"] = "msg_rehearsal",
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = model,
        ["content"] = new JsonArray(),
        ["stop_reason"] = null,
        ["stop_sequence"] = null,
        ["usage"] = new JsonObject
        {
            ["input_tokens"] = 0, ["cache_creation_input_tokens"] = 0, ["cache_read_input_tokens"] = 0, ["output_tokens"] = 0,
        },
    };

    // Each with the space before it: what comes in pieces runs what reads pieces.
    private static IEnumerable<string> Words(string text) => text.Split(' ').Select((word, index) => index == 0 ? word : " " + word);
}
