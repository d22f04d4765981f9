using Microsoft.Extensions.Logging;

namespace Pilotlight.Processes;

/// <summary>
/// Measures what the pool's processes take, holds that against the budget, and gives parked ones up when it is exceeded.
/// </summary>
/// <remarks>The controller owns it; <see cref="Pressure"/> and <see cref="Refusal"/> may be read by anybody.</remarks>
internal sealed class MemoryWatch(WarmPoolOptions options, TimeProvider time, ILogger logger, Action ring)
{
    private readonly MemoryBudget _budget = new(options.MemorySoftLimit, options.MemoryHardLimit);
    private long[]? _sizes;
    private long? _measuredAt;
    private bool _isMeasuring;

    /// <summary>Called after each measurement that finds the soft limit exceeded, on a thread of the thread pool.</summary>
    public Action<MemoryShortEventArgs>? OnShort { get; set; }

    public MemoryPressure Pressure => _budget.Pressure;

    /// <summary>Why callers who find nothing parked are refused for want of memory; null when they are not.</summary>
    public string? Refusal => Pressure != MemoryPressure.Hard ? null
        : $"they take {_budget.Used >> 20} MiB of the {options.MemoryHardLimit >> 20} MiB they may. "
            + "End some, or raise Pilotlight:Pool:MemoryHardLimit";

    /// <summary>Whether one more may be started to be parked, besides those that are <paramref name="up"/> now.</summary>
    public bool AllowsStock(int up) => _budget.AllowsStock(up);

    /// <summary>
    /// Whether one more may be started for a caller who waits, besides those that are <paramref name="up"/> now.
    /// </summary>
    public bool AllowsDemand(int up) => _budget.AllowsDemand(up);

    /// <summary>Acts on what was measured, measures again when it is time, and returns how long until then.</summary>
    public TimeSpan Look(IReadOnlyList<ProfilePool> pools)
    {
        if (!_budget.IsLimited)
        {
            return Timeout.InfiniteTimeSpan;
        }

        if (Interlocked.Exchange(ref _sizes, null) is { } sizes)
        {
            _isMeasuring = false;
            Act(sizes, pools);
        }

        if (_isMeasuring)
        {
            return Timeout.InfiniteTimeSpan; // It rings when it is done.
        }

        var processes = pools.SelectMany(pool => pool.Workers.All).Select(worker => worker.Process).ToArray();
        if (processes.Length == 0)
        {
            // Or a pressure whose cause has ended would refuse everybody for ever.
            _budget.Measured([]);
            return Timeout.InfiniteTimeSpan;
        }

        var left = _measuredAt is { } at ? options.MemoryCheck - time.GetElapsedTime(at) : TimeSpan.Zero;
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        _isMeasuring = true;
        _ = MeasureAsync(processes);
        return Timeout.InfiniteTimeSpan;
    }

    // Off the controller's lock: a process's memory takes the kernel about a millisecond to add up, and for ever if it holds the
    // process.
    private async Task MeasureAsync(ChildProcess[] processes)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Volatile.Write(ref _sizes, [.. processes.Select(process => process.MemoryBytes ?? 0).Where(size => size > 0)]);
        ring();
    }

    // One parked process a measurement: the next one says whether that was enough.
    private void Act(long[] sizes, IReadOnlyList<ProfilePool> pools)
    {
        _budget.Measured(sizes);
        _measuredAt = time.GetTimestamp();
        if (Pressure == MemoryPressure.None)
        {
            return;
        }

        PoolLog.MemoryShort(logger, Pressure, _budget.Used >> 20);
        ThreadPool.QueueUserWorkItem(Tell, new MemoryShortEventArgs(Pressure, _budget.Used), preferLocal: false);
        _ = pools.MaxBy(pool => pool.Workers.Idle)?.Workers.TryEndOldest("memory");
    }

    private void Tell(MemoryShortEventArgs what)
    {
        try
        {
            OnShort?.Invoke(what);
        }
        catch (Exception fault)
        {
            PoolLog.MemoryHandlerFailed(logger, fault);
        }
    }
}
