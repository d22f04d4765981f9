using System.IO.Pipelines;

namespace Pilotlight.Processes;

/// <summary>Passes everything on, and after the first flush since it was armed rings a bell once.</summary>
/// <remarks>
/// Waking the pool's controller costs several times what an acquire does: so it waits until the lessee's first bytes are on their
/// way.
/// </remarks>
internal sealed class DoorbellPipeWriter(PipeWriter inner) : PipeWriter
{
    private Action? _bell;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public void Arm(Action bell) => Volatile.Write(ref _bell, bell);

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var flushing = inner.FlushAsync(cancellationToken);
        RingIfArmed();
        return flushing;
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        var writing = inner.WriteAsync(source, cancellationToken);
        RingIfArmed();
        return writing;
    }

    private void RingIfArmed()
    {
        if (Volatile.Read(ref _bell) is not null)
        {
            Interlocked.Exchange(ref _bell, null)?.Invoke();
        }
    }
}
