using System.Buffers;

namespace Pilotlight.Wire.Counting;

/// <summary>Cuts a stream of bytes into lines, whatever pieces it comes in.</summary>
/// <remarks>A line that lies whole in a piece is handed on without a copy.</remarks>
internal sealed class LineSplitter
{
    // Longer than any line worth reading; what is longer is dropped, and the next line is read again.
    private const int MaxLine = 16 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _begun = new();
    private bool _isDropping;

    public delegate void Line(ReadOnlySpan<byte> line);

    public void Write(ReadOnlySpan<byte> piece, Line onLine)
    {
        while (piece.IndexOf((byte)'\n') is >= 0 and var end)
        {
            var rest = piece[..end];
            piece = piece[(end + 1)..];
            if (_isDropping)
            {
                _isDropping = false;
            }
            else if (_begun.WrittenCount == 0)
            {
                onLine(rest.TrimEnd((byte)'\r'));
            }
            else
            {
                _begun.Write(rest);
                onLine(_begun.WrittenSpan.TrimEnd((byte)'\r'));
            }

            _begun.ResetWrittenCount();
        }

        if (_isDropping || _begun.WrittenCount + piece.Length > MaxLine)
        {
            _isDropping = true;
            _begun.ResetWrittenCount();
            return;
        }

        _begun.Write(piece);
    }
}
