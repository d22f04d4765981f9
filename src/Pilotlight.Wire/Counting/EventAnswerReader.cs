using System.Text.Json;

namespace Pilotlight.Wire.Counting;

/// <summary>Reads along in an answer of server-sent events.</summary>
internal sealed class EventAnswerReader : IAnswerReader
{
    private readonly LineSplitter _lines = new();

    public bool Read(ReadOnlySpan<byte> piece, AnswerFacts facts)
    {
        var news = false;
        _lines.Write(piece, line => news |= line.StartsWith("data:"u8) && Event(line[5..], facts));
        return news;
    }

    public void End(AnswerFacts facts)
    {
    }

    private static bool Event(ReadOnlySpan<byte> data, AnswerFacts facts)
    {
        try
        {
            return MessageJson.ReadEvent(data, facts);
        }
        catch (JsonException)
        {
            // Not for us to judge: the bytes have gone on, and whoever asked reads them.
            return false;
        }
    }
}
