using System.Buffers;
using System.Text.Json;

namespace Pilotlight.Wire.Bodies;

/// <summary>The elements of a JSON array, each with the bytes that it came with.</summary>
internal static class JsonArrayEdit
{
    private static readonly JsonReaderOptions Reading = new() { MaxDepth = 512 };

    /// <summary>Takes an array apart; what is no array has no elements.</summary>
    public static List<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> json)
    {
        var elements = new List<ReadOnlyMemory<byte>>();
        var reader = new Utf8JsonReader(json.Span, Reading);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            return elements;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            elements.Add(json[start..(int)reader.BytesConsumed]);
        }

        return elements;
    }

    /// <summary>Puts elements together again.</summary>
    public static ReadOnlyMemory<byte> Write(IReadOnlyList<ReadOnlyMemory<byte>> elements)
    {
        var buffer = new ArrayBufferWriter<byte>(elements.Sum(element => element.Length + 1) + 2);
        buffer.Write("["u8);
        for (var i = 0; i < elements.Count; i++)
        {
            if (i > 0)
            {
                buffer.Write(","u8);
            }

            buffer.Write(elements[i].Span);
        }

        buffer.Write("]"u8);
        return buffer.WrittenMemory;
    }
}
