using Pilotlight.Wire.Protocols;

namespace Pilotlight.Wire.Recording;

/// <summary>A stream that keeps what passes, and hands it over when all has passed.</summary>
internal sealed class TeeStream(Stream source, Action<byte[]> onEnd) : ReadOnlyStream
{
    private readonly MemoryStream _kept = new();
    private bool _hasEnded;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await source.ReadAsync(buffer, cancellationToken);
        if (read > 0)
        {
            _kept.Write(buffer.Span[..read]);
        }
        else if (buffer.Length > 0 && !_hasEnded)
        {
            _hasEnded = true;
            onEnd(_kept.ToArray());
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
            _kept.Dispose();
        }

        base.Dispose(disposing);
    }
}
