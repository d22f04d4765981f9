using System.Buffers;
using System.IO.Pipelines;

namespace Pilotlight.Claude.Protocol;

/// <summary>Cuts a stream of bytes into lines.</summary>
/// <remarks>One reader at a time. A last line without a line feed is dropped: it was never finished.</remarks>
/// <param name="input">Where the bytes come from.</param>
/// <param name="maxLineBytes">The longest line to take, in bytes; images of 50 MB have been seen on one line.</param>
internal sealed class LineReader(PipeReader input, int maxLineBytes)
{
    // How much of the line in progress was searched already: without it a line of n chunks costs n² to find the end of.
    private long _searched;

    /// <summary>Gives the next line to <paramref name="use"/>, or returns false at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">A line is longer than allowed.</exception>
    public async ValueTask<bool> ReadAsync(Action<ReadOnlySequence<byte>> use, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            if (buffer.Slice(_searched).PositionOf((byte)'\n') is { } end)
            {
                _searched = 0;
                use(buffer.Slice(0, end));
                input.AdvanceTo(buffer.GetPosition(1, end));
                return true;
            }

            if (buffer.Length > maxLineBytes)
            {
                throw new InvalidDataException(
                    $"A line of more than {maxLineBytes:N0} bytes came; raise Pilotlight:Claude:MaxLineBytes if that is expected.");
            }

            _searched = buffer.Length;
            input.AdvanceTo(buffer.Start, buffer.End);
            if (read.IsCompleted)
            {
                return false;
            }
        }
    }
}
