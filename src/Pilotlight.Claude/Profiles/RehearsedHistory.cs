using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Claude.Profiles;

/// <summary>An earlier conversation as a rehearsed process takes it up: written by the relay, or told line by line.</summary>
internal static class RehearsedHistory
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether a rehearsed process can take it up at all: it begins with the user and ends with an answer.</summary>
    public static bool Fits(IReadOnlyList<HistoryMessage> history) =>
        history.FirstOrDefault(message => !message.SaysNothing) is null or { Role: HistoryRole.User }
        && history.LastOrDefault(message => !message.SaysNothing) is null or { Role: HistoryRole.Assistant };

    /// <summary>Whether the relay can write it: of what is more than text the CLI makes what it thinks fit.</summary>
    public static bool IsText(IReadOnlyList<HistoryMessage> prepared) => prepared.All(message => message is { Content: null, Calls: null });

    /// <summary>The messages in the API's JSON, as the CLI writes them.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Write(IReadOnlyList<HistoryMessage> prepared) =>
        [.. prepared.Select(message => message.Role == HistoryRole.User ? User(message.Text) : Assistant(message.Text))];

    public static ReadOnlyMemory<byte> User(string text) => Write("user", writer => writer.WriteStringValue(text));

    public static ReadOnlyMemory<byte> Assistant(string text) => Write("assistant", writer =>
    {
        writer.WriteStartArray();
        writer.WriteStartObject();
        writer.WriteString("type"u8, "text"u8);
        writer.WriteString("text"u8, text);
        writer.WriteEndObject();
        writer.WriteEndArray();
    });

    private static ReadOnlyMemory<byte> Write(string role, Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, Writing);
        writer.WriteStartObject();
        writer.WriteString("role"u8, role);
        writer.WritePropertyName("content"u8);
        content(writer);
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
