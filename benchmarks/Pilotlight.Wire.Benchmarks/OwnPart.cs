using System.Diagnostics;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Benchmarks;

/// <summary>
/// What of a call's time to its first text is the relay's: from the request's arrival to its first byte towards the API, and from the API's first byte to the first text's being
/// passed on. What lies between is the API and the way there.
/// </summary>
/// <remarks>Of HTTP/1.1, where a connection has one call at a time. Safe for concurrent use.</remarks>
internal sealed class OwnPart : ICallObserver
{
    private static readonly AsyncLocal<Stamps?> s_current = new();

    private readonly List<double> _milliseconds = [];

    /// <summary>Stamps what goes over a connection to the API.</summary>
    public static Stream Watch(Stream connection) => new Watched(connection);

    public void Started(CallInfo info) => s_current.Value = new Stamps();

    public void FirstText(CallInfo info, TimeSpan after)
    {
        if (s_current.Value is not { Written: { } written, Read: { } read })
        {
            return;
        }

        var own = after - Stopwatch.GetElapsedTime(written, read);
        lock (_milliseconds)
        {
            _milliseconds.Add(own.TotalMilliseconds);
        }
    }

    /// <summary>Median and 99th percentile since the last report, in milliseconds.</summary>
    public (double Median, double P99, int Count) Report()
    {
        lock (_milliseconds)
        {
            var figures = (Quantiles.Of(_milliseconds, 0.5), Quantiles.Of(_milliseconds, 0.99), _milliseconds.Count);
            _milliseconds.Clear();
            return figures;
        }
    }

    private sealed class Stamps
    {
        public long? Written { get; set; }

        public long? Read { get; set; }
    }

    private sealed class Watched(Stream inner) : Stream
    {
        private Stamps? _owner;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            if (read > 0 && _owner is { } owner)
            {
                owner.Read ??= Stopwatch.GetTimestamp();
            }

            return read;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (s_current.Value is { } stamps)
            {
                _owner = stamps;
                stamps.Written ??= Stopwatch.GetTimestamp();
            }

            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
