using System.Text;

namespace Pilotlight.Processes;

/// <summary>Drains a stderr pipe to its end and keeps the last of it: an unread pipe would block the child.</summary>
internal sealed class StandardErrorTail(Stream source, int capacity)
{
    private readonly Lock _gate = new();
    private readonly byte[] _ring = new byte[capacity];
    private long _written;

    public async Task DrainAsync()
    {
        var buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await source.ReadAsync(buffer)) > 0)
            {
                Append(buffer.AsSpan(0, read));
            }
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The pipe was closed under us by the owner's dispose.
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            var length = (int)Math.Min(_written, _ring.Length);
            var start = (int)((_written - length) % _ring.Length);
            var first = Math.Min(length, _ring.Length - start);
            return Encoding.UTF8.GetString(_ring, start, first) + Encoding.UTF8.GetString(_ring, 0, length - first);
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            // Only the last of it is kept, in two pieces where it runs over the ring's end.
            var kept = bytes[Math.Max(0, bytes.Length - _ring.Length)..];
            _written += bytes.Length - kept.Length;
            var start = (int)(_written % _ring.Length);
            var first = Math.Min(kept.Length, _ring.Length - start);
            kept[..first].CopyTo(_ring.AsSpan(start));
            kept[first..].CopyTo(_ring);
            _written += kept.Length;
        }
    }
}
