namespace Pilotlight.Wire.Forwarding;

/// <summary>An answer's body that is read along as it passes, byte for byte.</summary>
/// <param name="first">The bytes that were read before it was handed on.</param>
/// <param name="rest">What follows.</param>
/// <param name="progress">Who reads along; null when the body is nobody's business.</param>
internal sealed class CountedStream(ReadOnlyMemory<byte> first, Stream rest, CallProgress? progress) : Stream
{
    private ReadOnlyMemory<byte> _first = first;

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
        int read;
        if (!_first.IsEmpty)
        {
            read = Math.Min(_first.Length, buffer.Length);
            _first[..read].CopyTo(buffer);
            _first = _first[read..];
        }
        else
        {
            try
            {
                read = await rest.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
            {
                progress?.Break(fault);
                throw;
            }
        }

        if (read > 0)
        {
            progress?.Read(buffer.Span[..read]);
        }
        else if (buffer.Length > 0)
        {
            progress?.Finish();
        }

        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            progress?.Leave();
            rest.Dispose();
        }

        base.Dispose(disposing);
    }
}
