using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Pilotlight.Processes;

/// <summary>What the pools of all profiles share.</summary>
internal sealed class PoolServices : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private volatile bool _isStopping;

    public PoolServices(WarmPoolOptions options, TimeProvider time, ILogger logger, IMeterFactory? meters)
    {
        (Options, Time, Logger) = (options, time, logger);
        Pools = new ProfilePools(this);
        Metrics = new PoolMetrics(meters, () => Pools.All, logger);
        Ends = new WorkerEnds(options, time, Metrics, logger, Bell.Ring);
        Memory = new MemoryWatch(options, time, logger, Bell.Ring);
    }

    public WarmPoolOptions Options { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public Doorbell Bell { get; } = new();

    public ProfilePools Pools { get; }

    public PoolMetrics Metrics { get; }

    public WorkerEnds Ends { get; }

    public MemoryWatch Memory { get; }

    /// <summary>Whether nothing is handed out, started or parked any more.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>Breaks off starts at the stop.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>From here on <see cref="IsStopping"/>; the controller's to say, under its lock.</summary>
    public void BeginStop() => _isStopping = true;

    public Task BreakOffStartsAsync() => _stopping.CancelAsync();

    public void Dispose()
    {
        _stopping.Dispose();
        Metrics.Dispose();
    }
}
