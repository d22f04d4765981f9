using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Pilotlight.Processes.Containment;

namespace Pilotlight.Processes;

/// <summary>Keeps processes started and warmed up, so that an acquire costs microseconds and never a start.</summary>
/// <remarks>
/// Safe for concurrent use. A dead process is not handed out as far as its death is known; a lease's first write swaps in
/// another when it was not. No process outlives the pool: not a normal stop, not a kill of this process.
/// </remarks>
public sealed class WarmPool : IAsyncDisposable
{
    /// <summary>The meter of the pool's instruments, <c>pilotlight.pool.*</c>.</summary>
    public const string MeterName = "Pilotlight.Processes";

    private readonly ConcurrentDictionary<ProcessProfile, ProfilePool> _pools = new();
    private readonly WarmPoolOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IContainment _containment;
    private readonly ProcessLauncher _launcher;
    private readonly PoolMetrics _metrics;
    private readonly PoolController _controller;
    private readonly Lock _waitingGate = new();
    private ProfilePool? _lastUsed;
    private int _disposed;

    /// <summary>Makes an empty pool; nothing is started yet.</summary>
    public WarmPool(
        WarmPoolOptions? options = null, ILogger<WarmPool>? logger = null, TimeProvider? time = null, IMeterFactory? meters = null)
    {
        _options = options ?? new WarmPoolOptions();
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger<WarmPool>.Instance;
        _containment = Containments.Create(_options.Isolation);
        _launcher = new ProcessLauncher(_containment, _time);
        _metrics = new PoolMetrics(meters, () => _pools.Values, _logger);
        _controller = new PoolController(_pools, _launcher, _metrics, _options, _time, _logger);
    }

    /// <summary>Keeps processes of the profile parked from now on.</summary>
    public void Register(ProcessProfile profile)
    {
        Find(profile).IsRegistered = true;
        _controller.Ring();
    }

    /// <summary>
    /// Lets a changed profile take another's place: its processes are parked as the other's are given up, one by one, and whoever
    /// asks for either is served from both meanwhile, the new ones first.
    /// </summary>
    /// <remarks>When processes of <paramref name="changed"/> cannot be started, those parked of <paramref name="former"/> still serve until they are used up.</remarks>
    public void Replace(ProcessProfile former, ProcessProfile changed)
    {
        lock (_pools)
        {
            var (before, after) = (Find(former).Newest, Find(changed));
            if (before == after)
            {
                return;
            }

            // A configuration that comes back leaves its place among the former ones.
            for (var pool = before; pool is not null; pool = pool.Former)
            {
                if (pool.Former == after)
                {
                    pool.Former = after.Former;
                }
            }

            after.Successor = null;
            after.Former = before;
            after.Demand = before.Demand;
            after.IsRegistered |= before.IsRegistered;
            before.Successor = after;
        }

        _controller.Ring();
    }

    /// <summary>How much of its memory budget the pool has used, as last measured.</summary>
    public MemoryPressure MemoryPressure => _controller.Memory.Pressure;

    /// <summary>Raised on a thread of the pool after each measurement that finds the soft limit exceeded: who holds leases can end some.</summary>
    public event Action? MemoryShort
    {
        add => _controller.Memory.Short += value;
        remove => _controller.Memory.Short -= value;
    }

    /// <summary>
    /// Takes a parked process, or waits for one to start. A profile that was not registered is from now on.
    /// </summary>
    /// <param name="profile">What is wanted; pass the same instance each time.</param>
    /// <param name="cancellationToken">Ends the wait; no process is lost by it.</param>
    /// <param name="site">Filled in by the compiler, for leak warnings.</param>
    /// <param name="line">Filled in by the compiler, for leak warnings.</param>
    /// <exception cref="ProcessStartException">It could not be started; says why, and fails at once while the breaker is open.</exception>
    /// <exception cref="PoolRejectedException">The pool and the wait for it are full, or the wait was too long.</exception>
    /// <exception cref="PoolStoppedException">The pool has been stopped.</exception>
    public ValueTask<WorkerLease> AcquireAsync(
        ProcessProfile profile,
        CancellationToken cancellationToken = default,
        [CallerFilePath] string site = "",
        [CallerLineNumber] int line = 0)
    {
        var last = _lastUsed;
        if (last is null || !ReferenceEquals(last.Profile, profile))
        {
            _lastUsed = last = Find(profile);
            last.IsRegistered = true;
        }

        return last.AcquireAsync(site, line, cancellationToken);
    }

    /// <summary>Ends what an earlier run of this program left behind, where it can be told; returns how many processes that were.</summary>
    public int Sweep()
    {
        var count = _containment.Sweep();
        if (count > 0)
        {
            PoolLog.Swept(_logger, count);
        }

        return count;
    }

    /// <summary>The pool as it is now.</summary>
    /// <param name="withMemory">Whether to read each process's memory, about a millisecond each.</param>
    public PoolSnapshot GetSnapshot(bool withMemory = false) => new(
        [.. _pools.Values.Where(pool => pool.Successor is null || !pool.Workers.IsEmpty).OrderBy(pool => pool.Profile.Name, StringComparer.Ordinal).Select(pool => Snapshot(pool, withMemory))],
        _options.MaxProcesses);

    /// <summary>Ends parked processes, all of them or one; fresh ones take their place. Returns how many. Those in use are left alone.</summary>
    /// <param name="processId">The one; null for all.</param>
    public int Recycle(int? processId = null) => EndParked(worker => processId is null || worker.Process.Id == processId);

    /// <summary>Keeps none of a profile's processes parked from now on, and ends those that are; or keeps some again. Whoever asks is still served, from a cold start.</summary>
    public void Drain(string profile, bool drained)
    {
        foreach (var pool in _pools.Values.Where(pool => pool.Profile.Name == profile))
        {
            pool.IsDrained = drained;
        }

        if (drained)
        {
            EndParked(worker => worker.Pool.Profile.Name == profile);
        }

        _controller.Ring();
    }

    /// <summary>Ends every process: parked ones now, leased ones when they come back or their time is up. Idempotent.</summary>
    /// <remarks>
    /// Takes <see cref="WarmPoolOptions.DrainTimeout"/> and the two graces at most, and a few seconds more where the kernel does
    /// not let a process go. By the machine's clock, whatever clock the pool was given.
    /// </remarks>
    /// <param name="cancellationToken">Ends the leased ones without waiting for them; the stop itself is finished.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) => _controller.StopAsync(cancellationToken);

    /// <summary>Stops the pool.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await StopAsync();
            _launcher.Dispose();
            _controller.Dispose();
            _metrics.Dispose();
        }
    }

    private ProfilePool Find(ProcessProfile profile) =>
        _pools.GetOrAdd(profile, static (key, pool) => new ProfilePool(key, pool._controller, pool._waitingGate, pool._options, pool._time), this);

    private int EndParked(Func<Worker, bool> which)
    {
        var parked = _pools.Values.SelectMany(pool => pool.Workers.Keys).Where(worker => which(worker) && worker.Pool.TryRemoveIdle(worker, WorkerState.Retiring)).ToArray();
        foreach (var worker in parked)
        {
            _ = _controller.End(worker, "recycled");
        }

        return parked.Length;
    }

    private ProfileSnapshot Snapshot(ProfilePool pool, bool withMemory) => new(
        pool.Profile.Name,
        pool.Idle,
        pool.Starting,
        pool.Leased,
        pool.Waiting,
        pool.Target,
        _options.MaxIdle,
        pool.WarmHits,
        pool.ColdStarts,
        pool.Guard.Breaker.State,
        pool.Guard.Breaker.Cause?.Message,
        [.. pool.Workers.Keys.OrderBy(worker => worker.WarmedAt).Select(worker => new ProcessSnapshot(
            worker.Process.Id,
            worker.State == WorkerState.Leased,
            worker.Process.StartedAt,
            withMemory ? worker.Process.MemoryBytes : null))])
    {
        IsDrained = pool.IsDrained,
    };
}
