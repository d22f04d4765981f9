using System.Text;

namespace Pilotlight.Tool.Conformance;

/// <summary>Keeps a copy of what is read through it.</summary>
internal sealed class TeeStream(Stream source) : Stream
{
    private readonly Lock _gate = new();
    private readonly MemoryStream _copy = new();

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return Encoding.UTF8.GetString(_copy.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            }
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await source.ReadAsync(buffer, cancellationToken);
        lock (_gate)
        {
            _copy.Write(buffer.Span[..count]);
        }

        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
