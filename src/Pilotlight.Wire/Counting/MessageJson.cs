using System.Text.Json;

namespace Pilotlight.Wire.Counting;

/// <summary>Finds usage, model and stop in the API's JSON, and leaves the content alone.</summary>
internal static class MessageJson
{
    /// <summary>Reads one event; returns whether it told usage or was the first to bring text.</summary>
    public static bool ReadEvent(ReadOnlySpan<byte> data, AnswerFacts facts)
    {
        var reader = new Utf8JsonReader(data);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        // The API puts the type first; an event of another kind is left after that.
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                reader.Skip();
                continue;
            }

            reader.Read();
            if (reader.ValueTextEquals("content_block_delta"u8))
            {
                return Delta(data, facts);
            }

            if (reader.ValueTextEquals("message_start"u8) || reader.ValueTextEquals("message_delta"u8) || reader.ValueTextEquals("error"u8))
            {
                var whole = new Utf8JsonReader(data);
                whole.Read();
                return Members(ref whole, facts);
            }

            facts.IsWhole |= reader.ValueTextEquals("message_stop"u8);
            return false;
        }

        return false;
    }

    /// <summary>Reads a message, or an error, that came as one document.</summary>
    public static void ReadDocument(ReadOnlySpan<byte> json, AnswerFacts facts)
    {
        var reader = new Utf8JsonReader(json);
        facts.IsWhole = reader.Read() && reader.TokenType == JsonTokenType.StartObject;
        if (facts.IsWhole)
        {
            Members(ref reader, facts);
        }
    }

    // An event's own members and those of the message or delta inside it have no name in common that means something else.
    private static bool Members(ref Utf8JsonReader reader, AnswerFacts facts)
    {
        var told = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("message"u8) || reader.ValueTextEquals("delta"u8))
            {
                reader.Read();
                told |= reader.TokenType == JsonTokenType.StartObject && Members(ref reader, facts);
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                facts.Error = reader.TokenType == JsonTokenType.StartObject ? ErrorType(ref reader) : "error";
            }
            else if (reader.ValueTextEquals("usage"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartObject)
                {
                    facts.Usage = UsageJson.Read(ref reader, facts.Usage);
                    told = true;
                }
            }
            else if (reader.ValueTextEquals("model"u8))
            {
                facts.Model = JsonTokens.Text(ref reader) ?? facts.Model;
            }
            else if (reader.ValueTextEquals("stop_reason"u8))
            {
                facts.StopReason = JsonTokens.Text(ref reader) ?? facts.StopReason;
            }
            else if (reader.ValueTextEquals("stop_sequence"u8))
            {
                facts.StopSequence = JsonTokens.Text(ref reader) ?? facts.StopSequence;
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return told;
    }

    private static bool Delta(ReadOnlySpan<byte> data, AnswerFacts facts)
    {
        var reader = new Utf8JsonReader(data);
        long bytes = 0;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName
                && (reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("thinking"u8) || reader.ValueTextEquals("partial_json"u8)))
            {
                reader.Read();
                bytes += reader.TokenType == JsonTokenType.String ? reader.ValueSpan.Length : 0;
            }
        }

        var isFirst = !facts.HasText && bytes > 0;
        facts.HasText |= bytes > 0;
        facts.StreamedBytes += bytes;
        return isFirst;
    }

    private static string ErrorType(ref Utf8JsonReader reader)
    {
        var type = "error";
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                type = JsonTokens.Text(ref reader) ?? type;
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return type;
    }
}
