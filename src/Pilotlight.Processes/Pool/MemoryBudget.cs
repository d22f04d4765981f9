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
/// What has come since the last measurement counts with the mean of what was measured, and what has gone since is taken off in
/// the same way, so that a burst does not overshoot in between. The controller owns it; <see cref="Pressure"/> may be read by
/// anybody.
/// </remarks>
internal sealed class MemoryBudget(long? soft, long? hard)
{
    private long _used;
    private long _mean;
    private int _measured;
    private int _pressure;

    public bool IsLimited => soft is not null || hard is not null;

    /// <summary>Bytes in use, proportional set size, as last measured.</summary>
    public long Used => Volatile.Read(ref _used);

    public MemoryPressure Pressure => (MemoryPressure)Volatile.Read(ref _pressure);

    public void Measured(IReadOnlyCollection<long> sizes)
    {
        Volatile.Write(ref _used, sizes.Sum());
        _mean = sizes.Count == 0 ? 0 : Used / sizes.Count;
        _measured = sizes.Count;
        var pressure = Used > hard ? MemoryPressure.Hard : Used > soft ? MemoryPressure.Soft : MemoryPressure.None;
        Volatile.Write(ref _pressure, (int)pressure);
    }

    /// <summary>Whether one more may be started to be parked, besides those that are <paramref name="up"/> now.</summary>
    public bool AllowsStock(int up) => Allows(up, Smaller(soft, hard));

    /// <summary>
    /// Whether one more may be started for a caller who waits, besides those that are <paramref name="up"/> now.
    /// </summary>
    public bool AllowsDemand(int up) => Allows(up, hard);

    private bool Allows(int up, long? limit) => limit is null || Used + ((up + 1 - _measured) * _mean) <= limit;

    private static long? Smaller(long? one, long? other) => one is null ? other : other is null || one < other ? one : other;
}
