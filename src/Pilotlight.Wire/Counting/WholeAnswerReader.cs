using System.Buffers;
using System.Text.Json;

namespace Pilotlight.Wire.Counting;

/// <summary>Reads an answer that comes as one JSON document: a message, or an error.</summary>
internal sealed class WholeAnswerReader : IAnswerReader
{
    private const int MaxDocument = 64 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _document = new();
    private bool _isTooLong;

    public bool Read(ReadOnlySpan<byte> piece, AnswerFacts facts)
    {
        _isTooLong |= _document.WrittenCount + piece.Length > MaxDocument;
        if (!_isTooLong)
        {
            _document.Write(piece);
        }

        var isFirst = !facts.HasText;
        facts.HasText = true;
        return isFirst;
    }

    public void End(AnswerFacts facts)
    {
        try
        {
            if (!_isTooLong && _document.WrittenCount > 0)
            {
                MessageJson.ReadDocument(_document.WrittenSpan, facts);
            }
        }
        catch (JsonException)
        {
            facts.Error ??= "invalid_json";
        }
    }
}
