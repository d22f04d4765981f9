using System.Collections.Concurrent;

namespace Pilotlight.Processes;

/// <summary>
/// Whether processes of a profile may be started: what failed, what ended too soon, and what has proved itself since.
/// </summary>
/// <remarks>The controller owns it; what judges a death, and <see cref="Refusal"/>, may be called by anybody.</remarks>
internal sealed class StartGuard(ProcessProfile profile, WarmPoolOptions options, TimeProvider time)
{
    private readonly ConcurrentQueue<(long WarmedAt, ProcessStartException Cause)> _earlyDeaths = new();
    private int _unproven;
    private int _judging;

    public CircuitBreaker Breaker { get; } =
        new(options.BreakerThreshold, options.BackoffBase, options.BackoffLimit, time, Random.Shared.NextDouble);

    /// <summary>Why nobody need wait for a start now; null when one is tried.</summary>
    public ProcessStartException? Refusal
    {
        get
        {
            var wait = Breaker.Wait;
            return Breaker is { State: BreakerState.Open, Cause: { } cause } && wait > TimeSpan.Zero
                ? new ProcessStartException(
                    $"'{profile.Name}' is not being started for another {wait.TotalSeconds:0.0} s, since its last starts failed: "
                    + cause.Message,
                    cause.Exit,
                    cause) { IsPermanent = cause.IsPermanent }
                : null;
        }
    }

    /// <summary>
    /// A process may have ended by itself: until <see cref="Judged"/> nothing is started in its place, however soon it is missed.
    /// </summary>
    public void Judging() => Interlocked.Increment(ref _judging);

    /// <summary>It was another's to end after all.</summary>
    public void NotJudged() => Interlocked.Decrement(ref _judging);

    /// <summary>
    /// A process ended by itself <paramref name="age"/> after it was ready: when that is too soon it counts as a failed start,
    /// later it is bad luck.
    /// </summary>
    public void Judged(long warmedAt, TimeSpan age, ProcessExit exit)
    {
        if (age < options.EarlyDeath)
        {
            var what = $"'{profile.Name}' ({profile.FileName}) ended with exit code {exit.ExitCode} "
                + $"{age.TotalSeconds:0.0} s after it was ready.";
            _earlyDeaths.Enqueue((warmedAt, new ProcessStartException($"{what} {exit.ErrorTail.Trim()}".TrimEnd(), exit)));
        }

        Interlocked.Decrement(ref _judging);
    }

    /// <summary>
    /// Counts the early deaths since the last call, then looks who has proved itself; returns how long until the next will have.
    /// </summary>
    /// <remarks>
    /// After a failure a start has succeeded only when its process has outlived the time of an early death: one that is ready
    /// and then ends would otherwise be started for ever.
    /// </remarks>
    public TimeSpan Look(IEnumerable<Worker> workers)
    {
        while (_earlyDeaths.TryDequeue(out var death))
        {
            // Several that were started before the last failure tell nothing new: killed together, they count as one.
            if (!Breaker.HasFailed || death.WarmedAt > Breaker.FailedAt)
            {
                Breaker.Failed(death.Cause);
            }
        }

        _unproven = 0;
        var next = Timeout.InfiniteTimeSpan;
        if (!Breaker.HasFailed)
        {
            return next;
        }

        foreach (var worker in workers.Where(worker => worker.WarmedAt >= Breaker.FailedAt))
        {
            if (worker.Process.HasExited)
            {
                // It is about to be judged, which rings.
                _unproven += worker.State == WorkerState.Idle ? 1 : 0;
                continue;
            }

            var left = options.EarlyDeath - time.GetElapsedTime(worker.WarmedAt);
            if (left <= TimeSpan.Zero)
            {
                Breaker.Succeeded();
                _unproven = 0;
                return Timeout.InfiniteTimeSpan;
            }

            _unproven++;
            next = Deadline.Sooner(next, left);
        }

        return next;
    }

    /// <summary>Whether one more may be started.</summary>
    public bool MayStart(int starting, int waiting)
    {
        // A death that was judged since the last look is counted by the next one.
        if (Volatile.Read(ref _judging) == 0 && _earlyDeaths.IsEmpty && Breaker.TryEnter(starting + _unproven))
        {
            return true;
        }

        // Callers who wait are worth a try that the stock is not, but not while the breaker is open, nor beside its one probe.
        return waiting > starting && Breaker.State switch
        {
            BreakerState.Closed => true,
            BreakerState.HalfOpen => starting == 0 && _earlyDeaths.IsEmpty,
            _ => false,
        };
    }
}
