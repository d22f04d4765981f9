using Pilotlight.Wire.Protocols;

namespace Pilotlight.Wire.Forwarding;

/// <summary>An answer's body that is read along as it passes, byte for byte.</summary>
/// <param name="first">The bytes that were read, and counted, before it was handed on.</param>
/// <param name="rest">What follows.</param>
/// <param name="progress">Who reads along; null when the body is nobody's business.</param>
internal sealed class CountedStream(ReadOnlyMemory<byte> first, Stream rest, CallProgress? progress) : ReadOnlyStream
{
    private ReadOnlyMemory<byte> _first = first;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        if (!_first.IsEmpty)
        {
            read = Math.Min(_first.Length, buffer.Length);
            _first[..read].CopyTo(buffer);
            _first = _first[read..];
            return read;
        }

        try
        {
            read = await rest.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            progress?.Break(fault);
            throw;
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
