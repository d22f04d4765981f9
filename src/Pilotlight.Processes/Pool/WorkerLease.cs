namespace Pilotlight.Processes;

/// <summary>Where a lease's process came from.</summary>
public enum LeaseSource
{
    /// <summary>It was started, or was still starting, when it was asked for.</summary>
    Cold,

    /// <summary>It was parked.</summary>
    Warm,
}

/// <summary>The exclusive use of one process, until it is disposed; the process ends with it.</summary>
/// <remarks>
/// A lease has one owner: its members are not safe for concurrent use, except <see cref="DisposeAsync"/>, which is idempotent.
/// </remarks>
public sealed class WorkerLease : IAsyncDisposable
{
    private const int MaxSwaps = 3;
    private static readonly TimeSpan NoticeLimit = TimeSpan.FromMilliseconds(250);

    private Worker _worker;
    private int _swaps;
    private int _disposed;

    internal WorkerLease(Worker worker) => _worker = worker;

    /// <summary>The process; another one after a swap.</summary>
    public ChildProcess Process => _worker.Process;

    /// <summary>Where it came from.</summary>
    public LeaseSource Source { get; internal set; }

    /// <summary>The time from asking for it to having it.</summary>
    public TimeSpan AcquireDuration { get; internal set; }

    internal long AcquiredAt { get; set; }

    internal string? Site { get; set; }

    internal int Line { get; set; }

    internal bool IsLeakReported { get; set; }

    /// <summary>Writes the first bytes; a process that turns out to have died unnoticed is swapped for another, and they are written to that.</summary>
    /// <remarks>Death is noticed up to a few milliseconds after it happens, so no check at acquire can rule it out.</remarks>
    /// <exception cref="IOException">The process closed its stdin and still runs, or others died as well.</exception>
    public async ValueTask WriteFirstAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var flushed = await Process.Input.WriteAsync(bytes, cancellationToken);
                if (!flushed.IsCompleted)
                {
                    return;
                }

                throw new IOException($"Process {Process.Id} closed its stdin.");
            }
            catch (Exception fault) when (fault is IOException or InvalidOperationException)
            {
                if (!await TrySwapAsync(cancellationToken))
                {
                    throw;
                }
            }
        }
    }

    /// <summary>Replaces a process that has ended by another, if it has; false when it has not, or when three died in a row.</summary>
    /// <remarks>Only for a process that has said nothing to its lessee yet: the lessee begins anew.</remarks>
    public async ValueTask<bool> TrySwapAsync(CancellationToken cancellationToken = default)
    {
        // A broken pipe comes a moment before the end is noticed.
        await Task.WhenAny(Process.Exited, Task.Delay(NoticeLimit, cancellationToken));
        if (!Process.HasExited || ++_swaps > MaxSwaps)
        {
            return false;
        }

        var dead = _worker;
        var fresh = await dead.Pool.AcquireAsync(Site ?? "", Line, cancellationToken);
        _worker = fresh._worker;
        _worker.Lease = this;
        Source = fresh.Source;
        AcquireDuration += fresh.AcquireDuration;
        _ = dead.Pool.EndLease(dead); // The pool's to wait for; the lessee has words to write.
        if (Volatile.Read(ref _disposed) != 0)
        {
            // Disposed of meanwhile, together with the dead one.
            await _worker.Pool.EndLease(_worker);
            return false;
        }

        return true;
    }

    /// <summary>Gives the process back to be handed out again. Only for owners who can prove that nothing of theirs is left in it.</summary>
    public ValueTask ReturnCleanAsync() =>
        Interlocked.Exchange(ref _disposed, 1) == 0 ? new ValueTask(_worker.Pool.Return(_worker)) : ValueTask.CompletedTask;

    /// <summary>Ends the process.</summary>
    public ValueTask DisposeAsync() =>
        Interlocked.Exchange(ref _disposed, 1) == 0 ? new ValueTask(_worker.Pool.EndLease(_worker)) : ValueTask.CompletedTask;
}
