using System.Buffers;
using System.Text.Json;

namespace Pilotlight.Claude.Protocol;

/// <summary>Reads the line that nearly all lines are, a piece of text or thinking, and makes nothing but the message of it.</summary>
/// <remarks>Null for any other line and for one with a surprise in it: those are read in full.</remarks>
internal static class DeltaLine
{
    private static ReadOnlySpan<byte> Beginning => """{"type":"stream_event","event":{"type":"content_block_delta","""u8;

    public static CliDelta? TryRead(ReadOnlySequence<byte> line)
    {
        if (!new SequenceReader<byte>(line).IsNext(Beginning))
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(line);
            return Read(ref reader);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static CliDelta? Read(ref Utf8JsonReader reader)
    {
        (CliDeltaKind Kind, string Text)? delta = null;
        var (isEvent, isSubagent) = (true, false);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("event"u8))
            {
                delta = Event(ref reader);
            }
            else if (reader.ValueTextEquals("parent_tool_use_id"u8))
            {
                reader.Read();
                isSubagent = reader.TokenType == JsonTokenType.String;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                isEvent = reader.ValueTextEquals("stream_event"u8);
            }
            else
            {
                reader.Skip();
            }
        }

        // One more read: what follows the object must be nothing.
        return isEvent && !reader.Read() && delta is var (kind, text) ? new CliDelta(kind, text, isSubagent) : null;
    }

    private static (CliDeltaKind Kind, string Text)? Event(ref Utf8JsonReader reader)
    {
        (CliDeltaKind Kind, string Text)? delta = null;
        var isDelta = false;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("delta"u8))
            {
                delta = Delta(ref reader);
            }
            else if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                isDelta = reader.ValueTextEquals("content_block_delta"u8);
            }
            else
            {
                reader.Skip();
            }
        }

        return isDelta ? delta : null;
    }

    private static (CliDeltaKind Kind, string Text)? Delta(ref Utf8JsonReader reader)
    {
        CliDeltaKind? kind = null;
        string? text = null;
        string? thinking = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                kind = reader.ValueTextEquals("text_delta"u8) ? CliDeltaKind.Text
                    : reader.ValueTextEquals("thinking_delta"u8) ? CliDeltaKind.Thinking : null;
            }
            else if (reader.ValueTextEquals("text"u8))
            {
                reader.Read();
                text = reader.GetString();
            }
            else if (reader.ValueTextEquals("thinking"u8))
            {
                reader.Read();
                thinking = reader.GetString();
            }
            else
            {
                reader.Skip();
            }
        }

        return kind switch
        {
            CliDeltaKind.Text when text is not null => (CliDeltaKind.Text, text),
            CliDeltaKind.Thinking when thinking is not null => (CliDeltaKind.Thinking, thinking),
            _ => null,
        };
    }
}
