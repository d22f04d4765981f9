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

        foreach (var note in parameters.SystemNotes ?? [])
        {
            messages.Insert(IndexAfter(messages, note.After), BodyJson.Write(new TextMessage("system", note.Text)));
        }

        if (prefill is not null)
        {
            messages.Add(BodyJson.Write(new TextMessage("assistant", prefill)));
        }

        body.Set("messages", JsonArrayEdit.Write(messages));
    }

    /// <summary>How many messages of users and assistants a body has; the CLI's own notes come and go between one try and the next.</summary>
    public static int Count(JsonObjectEdit body) => body.Find("messages") is { } messages ? JsonArrayEdit.Read(messages).Count(message => !IsNote(message)) : 0;

    // Notes, the CLI's own and those before, do not count, and stay with the message that they follow.
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
