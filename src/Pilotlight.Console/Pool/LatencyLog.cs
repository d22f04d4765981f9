using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Pilotlight.Claude.Sessions;
using Pilotlight.Processes;

namespace Pilotlight.WebConsole.Pool;

/// <summary>One measured wait.</summary>
public readonly record struct LatencyPoint(DateTimeOffset At, double Milliseconds, string Source);

/// <summary>The latest waits for a process and for a first token, heard from the gateway's own meters; and how many starts failed.</summary>
/// <remarks>Keeps a fixed number of points. A measurement costs its maker one short lock. Safe for concurrent use.</remarks>
public sealed class LatencyLog : IHostedService, IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly TimeProvider _time;
    private long _spawnFailures;

    public LatencyLog(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Another gateway in this process has meters of its own.
            if (ReferenceEquals(instrument.Meter.Scope, meters)
                && instrument.Name is "pilotlight.pool.acquire.duration" or "gen_ai.server.time_to_first_token" or "pilotlight.pool.spawn.failures")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>(OnDuration);
        _listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref _spawnFailures, count));
    }

    /// <summary>Waits for a process: warm and cold.</summary>
    public LatencyRing Acquire { get; } = new();

    /// <summary>Waits for the first token: hot, warm and cold.</summary>
    public LatencyRing FirstToken { get; } = new();

    /// <summary>Starts that failed since the gateway started.</summary>
    public long SpawnFailures => Interlocked.Read(ref _spawnFailures);

    /// <summary>Raised on the thread of a measurement.</summary>
    public event Action? Added;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _listener.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _listener.Dispose();

    private void OnDuration(Instrument instrument, double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var isAcquire = instrument.Name == "pilotlight.pool.acquire.duration";
        var key = isAcquire ? "source" : "pilotlight.acquire";
        var source = "cold";
        foreach (var tag in tags)
        {
            source = tag.Key == key && tag.Value is string name ? name : source;
        }

        (isAcquire ? Acquire : FirstToken).Add(new LatencyPoint(_time.GetUtcNow(), seconds * 1000, source));
        Added?.Invoke();
    }
}
