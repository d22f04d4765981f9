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
/// A lease has one owner: its members are not safe for concurrent use, except <see cref="DisposeAsync"/>, which is idempotent:
/// whoever calls it again waits for the same end.
/// </remarks>
public class WorkerLease : IAsyncDisposable
{
    private const int MaxSwaps = 3;
    private static readonly TimeSpan NoticeLimit = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private Worker _worker;
    private Task? _end;
    private int _swaps;

    internal WorkerLease(Worker worker) => _worker = worker;

    /// <summary>The process; another one after a swap.</summary>
    public ChildProcess Process => _worker.Process;

    /// <summary>Where it came from.</summary>
    public LeaseSource Source { get; private set; }

    /// <summary>The time from asking for it to having it.</summary>
    public TimeSpan AcquireDuration { get; private set; }

    /// <summary>When it was handed out, as a timestamp.</summary>
    internal long AcquiredAt { get; private set; }

    /// <summary>The file that acquired it; null before that.</summary>
    internal string? Site { get; private set; }

    internal int Line { get; private set; }

    internal bool IsLeakReported { get; set; }

    /// <summary>
    /// Writes the first bytes; a process that turns out to have died unnoticed is swapped for another, and they are written to
    /// that.
    /// </summary>
    /// <remarks>Death is noticed up to a few milliseconds after it happens, so no check at acquire can rule it out.</remarks>
    /// <exception cref="IOException">The process closed its stdin and still runs, or others died as well.</exception>
    /// <exception cref="ProcessStartException">It had died, and another could not be started.</exception>
    /// <exception cref="PoolRejectedException">It had died, and the pool is full or the profile was unregistered.</exception>
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

    /// <summary>
    /// Replaces a process that has ended by another, if it has; false when it has not, or when three died in a row.
    /// </summary>
    /// <remarks>Only for a process that has said nothing to its lessee yet: the lessee begins anew.</remarks>
    /// <exception cref="ProcessStartException">Nothing is parked and another could not be started.</exception>
    /// <exception cref="PoolRejectedException">The pool is full, or the profile was unregistered.</exception>
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
        if (!TryTakeOver(fresh))
        {
            await fresh.DisposeAsync();
            return false;
        }

        _ = dead.Pool.Workers.EndLease(dead); // The pool's to wait for; the lessee has words to write.
        return true;
    }

    /// <summary>
    /// Gives the process back to be handed out again. Only for owners who can prove that nothing of theirs is left in it. One
    /// that is too old, or whose profile or pool is no more, ends; nothing happens after <see cref="DisposeAsync"/>.
    /// </summary>
    public ValueTask ReturnCleanAsync() => EndAsync(static worker => worker.Pool.Return(worker));

    /// <summary>Ends the process; nothing after <see cref="ReturnCleanAsync"/>.</summary>
    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return EndAsync(static worker => worker.Pool.Workers.EndLease(worker));
    }

    internal void Granted(LeaseSource source, long acquiredAt, TimeSpan duration, string site, int line) =>
        (Source, AcquiredAt, AcquireDuration, Site, Line) = (source, acquiredAt, duration, site, line);

    private ValueTask EndAsync(Func<Worker, Task> end)
    {
        lock (_gate)
        {
            return new ValueTask(_end ??= end(_worker));
        }
    }

    // False when it was disposed of meanwhile, together with the dead one.
    private bool TryTakeOver(WorkerLease fresh)
    {
        lock (_gate)
        {
            if (_end is not null)
            {
                return false;
            }

            _worker = fresh._worker;
            _worker.Lease = this;
            Source = fresh.Source;
            AcquireDuration += fresh.AcquireDuration;
            return true;
        }
    }
}

/// <summary>A lease of a process whose warm-up left something for the lessee.</summary>
/// <typeparam name="TState">What that is.</typeparam>
public sealed class WorkerLease<TState> : WorkerLease
    where TState : notnull
{
    internal WorkerLease(Worker worker)
        : base(worker)
    {
    }

    /// <summary>What the warm-up of the process left; another one's after a swap. It is disposed of with the process.</summary>
    public TState State => (TState)Process.State!;
}
