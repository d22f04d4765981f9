namespace Pilotlight.Processes;

/// <summary>How much of its memory budget a pool has used.</summary>
public enum MemoryPressure
{
    /// <summary>Less than the soft limit, or no limit is set.</summary>
    None,

    /// <summary>The soft limit is reached: none is started to be parked, parked ones are given up one by one.</summary>
    Soft,

    /// <summary>The hard limit is reached: none is started at all.</summary>
    Hard,
}

/// <summary>What the pool's processes take, as last measured, against two limits.</summary>
/// <remarks>
/// What is being started, and what was since the last measurement, counts with the mean of what runs, so that a burst does not
/// overshoot in between. The controller owns it; <see cref="Pressure"/> may be read by anybody.
/// </remarks>
internal sealed class MemoryBudget(long? soft, long? hard)
{
    private long _used;
    private long _mean;
    private int _since;
    private int _pressure;

    public bool IsLimited => soft is not null || hard is not null;

    /// <summary>Bytes in use, proportional set size, as last measured.</summary>
    public long Used => Volatile.Read(ref _used);

    public MemoryPressure Pressure => (MemoryPressure)Volatile.Read(ref _pressure);

    public void Measured(IReadOnlyCollection<long> sizes)
    {
        Volatile.Write(ref _used, sizes.Sum());
        _mean = sizes.Count == 0 ? _mean : Used / sizes.Count;
        _since = 0;
        Volatile.Write(ref _pressure, (int)(Used > hard ? MemoryPressure.Hard : Used > soft ? MemoryPressure.Soft : MemoryPressure.None));
    }

    /// <summary>One more runs than was measured.</summary>
    public void Grew() => _since++;

    /// <summary>Whether one more may be started to be parked, besides those <paramref name="starting"/>.</summary>
    public bool AllowsStock(int starting) => Allows(starting, Smaller(soft, hard));

    /// <summary>Whether one more may be started for a caller who waits, besides those <paramref name="starting"/>.</summary>
    public bool AllowsDemand(int starting) => Allows(starting, hard);

    private bool Allows(int starting, long? limit) => limit is null || Used + ((_since + starting + 1) * _mean) <= limit;

    private static long? Smaller(long? one, long? other) => one is null ? other : other is null || one < other ? one : other;
}
