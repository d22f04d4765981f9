using System.Text.Json;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Bodies;

/// <summary>Puts system notes and the beginning of the answer into a body's messages.</summary>
internal static class MessageWriter
{
    public static void Write(JsonObjectEdit body, CallParameters parameters, bool isFirst)
    {
        var prefill = isFirst ? parameters.Prefill : null;
        if ((prefill is null && parameters.SystemNotes is not { Count: > 0 }) || body.Find("messages") is not { } source)
        {
            return;
        }

        var messages = JsonArrayEdit.Read(source);

        // From the back, so that notes which stand at the same place keep their order.
        foreach (var note in (parameters.SystemNotes ?? []).OrderBy(note => note.After).Reverse())
        {
            messages.Insert(IndexAfter(messages, note.After), BodyJson.Write(new TextMessage("system", note.Text)));
        }

        if (prefill is not null)
        {
            messages.Add(BodyJson.Write(new TextMessage("assistant", prefill)));
        }

        body.Set("messages", JsonArrayEdit.Write(messages));
    }

    /// <summary>How many messages a body has.</summary>
    public static int Count(JsonObjectEdit body) => body.Find("messages") is { } messages ? JsonArrayEdit.Read(messages).Count : 0;

    // The CLI's own notes do not count, and stay with the message that they follow.
    private static int IndexAfter(List<ReadOnlyMemory<byte>> messages, int spoken)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            if (!IsNote(messages[i]) && spoken-- == 0)
            {
                return i;
            }
        }

        return messages.Count;
    }

    private static bool IsNote(ReadOnlyMemory<byte> message) =>
        JsonObjectEdit.Parse(message).Find("role") is { } role && role.Span.SequenceEqual("\"system\""u8);
}
