using System.Buffers;

namespace Pilotlight.Wire.Bodies;

/// <summary>Tells the CLI that an answer is over where the API says that it reached the <c>max_tokens</c> which the turn asked for.</summary>
/// <remarks>
/// The CLI takes that for an accident: it asks the model to go on, three times, and then fails the turn (2.1.330). An answer that ends inside
/// a call of a tool is left as it is, since that one cannot be run.
/// </remarks>
internal sealed class StopReasonEdit
{
    private static readonly byte[] MaxTokens = "\"max_tokens\""u8.ToArray();

    private readonly ArrayBufferWriter<byte> _line = new();
    private bool _isInTool;

    /// <summary>Takes a piece of a stream of events, and writes what may go on: whole lines alone, since a part of one is of no use to anybody.</summary>
    public void Write(ReadOnlySpan<byte> piece, IBufferWriter<byte> output)
    {
        while (piece.IndexOf((byte)'\n') is >= 0 and var end)
        {
            _line.Write(piece[..(end + 1)]);
            piece = piece[(end + 1)..];
            output.Write(Edit(_line.WrittenMemory).Span);
            _line.ResetWrittenCount();
        }

        _line.Write(piece);
    }

    /// <summary>Writes what is left when no more comes.</summary>
    public void End(IBufferWriter<byte> output)
    {
        output.Write(_line.WrittenSpan);
        _line.ResetWrittenCount();
    }

    private ReadOnlyMemory<byte> Edit(ReadOnlyMemory<byte> line)
    {
        if (!line.Span.StartsWith("data:"u8))
        {
            return line;
        }

        var data = line[5..];
        if (data.Span.IndexOf("\"content_block_start\""u8) >= 0)
        {
            _isInTool = data.Span.IndexOf("\"tool_use\""u8) >= 0;
            return line;
        }

        return _isInTool || data.Span.IndexOf(MaxTokens) < 0 || RequestBody.Parse(data).Members is not { } message
            ? line
            : Edit(line, message);
    }

    private static ReadOnlyMemory<byte> Edit(ReadOnlyMemory<byte> line, JsonObjectEdit message)
    {
        if (message.Find("delta") is not { } found || RequestBody.Parse(found).Members is not { } delta || delta.Find("stop_reason") is not { } reason || !reason.Span.SequenceEqual(MaxTokens))
        {
            return line;
        }

        delta.Set("stop_reason", "\"end_turn\""u8.ToArray());
        message.Set("delta", delta.ToBytes());
        return (byte[])[.. "data: "u8, .. message.ToBytes().Span, (byte)'\n'];
    }
}
