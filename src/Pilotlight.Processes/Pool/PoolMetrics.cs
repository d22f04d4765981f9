using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Pilotlight.Processes;

/// <summary>The pool's instruments; all names are here.</summary>
internal sealed class PoolMetrics : IDisposable
{
    /// <summary>The meter to subscribe to.</summary>
    public const string MeterName = WarmPool.MeterName;

    private readonly Meter _meter;
    private readonly ILogger _logger;
    private readonly Histogram<double> _acquire;
    private readonly Histogram<double> _spawn;
    private readonly Counter<long> _spawnFailures;
    private readonly Counter<long> _exits;
    private readonly Counter<long> _recycled;

    public PoolMetrics(IMeterFactory? factory, Func<IEnumerable<ProfilePool>> pools, ILogger logger)
    {
        _logger = logger;
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _acquire = _meter.CreateHistogram<double>(
            "pilotlight.pool.acquire.duration", "s", "From asking for a process to having it, by source.");
        _spawn = _meter.CreateHistogram<double>(
            "pilotlight.pool.spawn.duration", "s", "From starting a process to its being ready.");
        _spawnFailures = _meter.CreateCounter<long>("pilotlight.pool.spawn.failures", "{process}", "Starts that failed.");
        _exits = _meter.CreateCounter<long>("pilotlight.pool.exits", "{process}", "Processes that ended, by reason.");
        _recycled = _meter.CreateCounter<long>(
            "pilotlight.pool.recycled", "{process}", "Leased processes that came back clean and were parked again.");

        // State as observable gauges: counters of changes lose what happens before an exporter listens.
        Gauge("pilotlight.pool.parked", "Processes that are ready and waiting.", pool => pool.Workers.Idle);
        Gauge("pilotlight.pool.starting", "Processes that are starting.", pool => pool.Upkeep.Starting);
        Gauge("pilotlight.pool.leased", "Processes that are in use.", pool => pool.Workers.Leased);
        Gauge("pilotlight.pool.waiting", "Callers that wait for a process.", pool => pool.Waiting);
        Gauge("pilotlight.pool.target", "Processes that are wanted parked.", pool => pool.Upkeep.Target);

        void Gauge(string name, string description, Func<ProfilePool, int> read) => _meter.CreateObservableGauge(
            name,
            () => Measure(pools(), read),
            "{process}",
            description);
    }

    public void Acquired(ProfilePool pool, WorkerLease lease)
    {
        if (_acquire.Enabled)
        {
            var tags = new TagList { Profile(pool), { "source", lease.Source == LeaseSource.Warm ? "warm" : "cold" } };
            _acquire.Record(lease.AcquireDuration.TotalSeconds, tags);
        }

        if (_logger.IsEnabled(LogLevel.Debug))
        {
            PoolLog.Acquired(_logger, pool.Name, lease.Process.Id, lease.Source, lease.AcquireDuration.TotalMicroseconds);
        }
    }

    public void Started(ProfilePool pool, TimeSpan duration) => _spawn.Record(duration.TotalSeconds, Profile(pool));

    public void StartFailed(ProfilePool pool) => _spawnFailures.Add(1, Profile(pool));

    public void Ended(ProfilePool pool, string reason) =>
        _exits.Add(1, Profile(pool), new KeyValuePair<string, object?>("reason", reason));

    public void Recycled(ProfilePool pool) => _recycled.Add(1, Profile(pool));

    public void Dispose() => _meter.Dispose();

    // A profile that takes another's place has its name as a rule: they are one series.
    private static IEnumerable<Measurement<int>> Measure(IEnumerable<ProfilePool> pools, Func<ProfilePool, int> read) =>
        pools.GroupBy(pool => pool.Name).Select(same => new Measurement<int>(same.Sum(read), Profile(same.First())));

    private static KeyValuePair<string, object?> Profile(ProfilePool pool) => new("profile", pool.Name);
}
