namespace Pilotlight.Processes;

/// <summary>What a measurement found that exceeds the soft limit.</summary>
/// <param name="pressure">Which limit was reached.</param>
/// <param name="usedBytes">What the pool's processes take, proportional set size.</param>
public sealed class MemoryShortEventArgs(MemoryPressure pressure, long usedBytes) : EventArgs
{
    /// <summary>Which limit was reached.</summary>
    public MemoryPressure Pressure => pressure;

    /// <summary>Bytes that the pool's processes take, proportional set size.</summary>
    public long UsedBytes => usedBytes;
}
