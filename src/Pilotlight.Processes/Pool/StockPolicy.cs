namespace Pilotlight.Processes;

/// <summary>
/// When processes are started to be parked and when parked ones are too many: the numbers alone, so that it can be tried on a
/// trace.
/// </summary>
/// <remarks>The controller owns it; not safe for concurrent use.</remarks>
internal sealed class StockPolicy(WarmPoolOptions options, TimeProvider time)
{
    private long? _shortageSince;
    private long? _surplusSince;

    /// <summary>How many to start now, or how long until that is to be asked again.</summary>
    public (int Count, TimeSpan Next) ToStart(int idle, int starting, int waiting, int target)
    {
        var missing = waiting + Math.Max(0, target - idle) - starting;
        if (missing <= 0)
        {
            return (0, Timeout.InfiniteTimeSpan);
        }

        // A stock that is at least half full can wait: a start keeps a core busy, which the process just taken needs.
        if (waiting == 0 && idle * 2 >= target)
        {
            _shortageSince ??= time.GetTimestamp();
            var left = options.RefillDelay - time.GetElapsedTime(_shortageSince.Value);
            if (left > TimeSpan.Zero)
            {
                return (0, left);
            }
        }

        return (missing, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A start was made: the next shortage begins anew.</summary>
    public void Started() => _shortageSince = null;

    /// <summary>Whether one parked process is to be ended now, and how long until that is to be asked again.</summary>
    public (bool End, TimeSpan Next) Surplus(int idle, int target)
    {
        if (idle <= target)
        {
            _surplusSince = null;

            // A target above the minimum came from demand that fades without telling anybody.
            return (false, target > options.MinIdle ? options.ShrinkDelay : Timeout.InfiniteTimeSpan);
        }

        _surplusSince ??= time.GetTimestamp();
        var left = options.ShrinkDelay - time.GetElapsedTime(_surplusSince.Value);
        if (left > TimeSpan.Zero)
        {
            return (false, left);
        }

        _surplusSince = null;
        return (true, options.ShrinkDelay);
    }
}
