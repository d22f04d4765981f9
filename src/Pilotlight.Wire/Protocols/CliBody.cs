using System.Text.Json;
using Pilotlight.Wire.Bodies;

namespace Pilotlight.Wire.Protocols;

/// <summary>Makes of the CLI's request for Anthropic's own API the one that it sends to other kinds of upstream.</summary>
/// <remarks>
/// Measured with 2.1.330 in its Bedrock, Vertex and Foundry modes: beside other names for models it leaves out
/// <c>output_config</c>, <c>context_management</c> (Foundry keeps it) and most beta features, and says its notes on the environment as
/// part of the user's message.
/// </remarks>
internal static class CliBody
{
    private static readonly byte[] SystemRole = "\"system\""u8.ToArray();

    /// <summary>Takes out what only Anthropic's own API knows.</summary>
    public static void Adapt(JsonObjectEdit body, bool keepsContextManagement)
    {
        body.Remove("output_config");
        body.Remove("safeguards");
        if (!keepsContextManagement)
        {
            body.Remove("context_management");
        }

        if (body.Find("thinking") is { } thinking && !keepsContextManagement)
        {
            var edit = JsonObjectEdit.Parse(thinking);
            edit.Remove("display");
            body.Set("thinking", edit.ToBytes());
        }

        if (body.Find("messages") is { } messages)
        {
            body.Set("messages", JsonArrayEdit.Write(FoldNotes(JsonArrayEdit.Read(messages))));
        }
    }

    // A note goes in front of the user's message that it follows, marked as the CLI marks it.
    private static List<ReadOnlyMemory<byte>> FoldNotes(List<ReadOnlyMemory<byte>> messages)
    {
        var folded = new List<ReadOnlyMemory<byte>>(messages.Count);
        foreach (var message in messages)
        {
            var edit = JsonObjectEdit.Parse(message);
            if (edit.Find("role") is not { } role || !role.Span.SequenceEqual(SystemRole))
            {
                folded.Add(message);
                continue;
            }

            var note = TextBlock($"<system-reminder>\n{TextOf(edit.Find("content"))}\n</system-reminder>");
            if (folded.Count > 0 && JsonObjectEdit.Parse(folded[^1]) is { } before && before.Find("role") is { } user && user.Span.SequenceEqual("\"user\""u8))
            {
                var blocks = Blocks(before.Find("content"));

                // What tools returned has to come first in a message.
                blocks.Insert(blocks.FindLastIndex(IsToolResult) + 1, note);
                before.Set("content", JsonArrayEdit.Write(blocks));
                folded[^1] = before.ToBytes();
            }
            else
            {
                folded.Add(Message(note));
            }
        }

        return folded;
    }

    private static List<ReadOnlyMemory<byte>> Blocks(ReadOnlyMemory<byte>? content) => content switch
    {
        null => [],
        { Span: [(byte)'"', ..] } text => [TextBlock(JsonSerializer.Deserialize(text.Span, BodyJson.Plain.String) ?? "")],
        { } blocks => JsonArrayEdit.Read(blocks),
    };

    private static string TextOf(ReadOnlyMemory<byte>? content)
    {
        if (content is not { } json)
        {
            return "";
        }

        using var document = JsonDocument.Parse(json);
        return document.RootElement.ValueKind == JsonValueKind.String
            ? document.RootElement.GetString()!
            : string.Join("\n\n", document.RootElement.EnumerateArray().Select(block => block.TryGetProperty("text", out var text) ? text.GetString() : ""));
    }

    private static bool IsToolResult(ReadOnlyMemory<byte> block) =>
        JsonObjectEdit.Parse(block).Find("type") is { } type && type.Span.SequenceEqual("\"tool_result\""u8);

    private static ReadOnlyMemory<byte> TextBlock(string text)
    {
        var block = JsonObjectEdit.Parse("""{"type":"text"}"""u8.ToArray());
        block.Set("text", BodyJson.Write(text));
        return block.ToBytes();
    }

    private static ReadOnlyMemory<byte> Message(ReadOnlyMemory<byte> block)
    {
        var message = JsonObjectEdit.Parse("""{"role":"user"}"""u8.ToArray());
        message.Set("content", JsonArrayEdit.Write([block]));
        return message.ToBytes();
    }
}
