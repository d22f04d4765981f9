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
            foreach (var value in bytes)
            {
                _ring[_written++ % _ring.Length] = value;
            }
        }
    }
}
