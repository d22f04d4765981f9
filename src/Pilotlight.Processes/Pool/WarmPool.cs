using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Pilotlight.Processes.Containment;

namespace Pilotlight.Processes;

/// <summary>Keeps processes started and warmed up, so that an acquire costs microseconds and never a start.</summary>
/// <remarks>
/// Safe for concurrent use. A dead process is not handed out as far as its death is known; a lease's first write swaps in
/// another when it was not. No process outlives the pool: not a normal stop, not a kill of this process.
/// A program names profiles by what they are, a <see cref="ProcessProfile"/>; an operator, who sees <see cref="GetSnapshot"/>,
/// by their name in any letters, or a process by its id.
/// </remarks>
public sealed class WarmPool : IAsyncDisposable
{
    /// <summary>The meter of the pool's instruments, <c>pilotlight.pool.*</c>.</summary>
    public const string MeterName = "Pilotlight.Processes";

    private const string OneProfileType = "The profile, which is not optional, says which is meant.";

    private readonly Lock _gate = new();
    private readonly PoolServices _services;
    private readonly ProfilePools _pools;
    private readonly IProcessLauncher _launcher;
    private readonly PoolController _controller;
    private ProfilePool? _lastUsed;
    private Task? _disposing;

    /// <summary>
    /// Makes an empty pool; no process or thread is started before the first profile is registered or asked for.
    /// </summary>
    /// <param name="options">Sizes, times and limits; copied. Default: those of a new <see cref="WarmPoolOptions"/>.</param>
    /// <param name="logger">Default: nothing is logged.</param>
    /// <param name="time">The clock of the pool's policy; processes go by the machine's. Default: the machine's.</param>
    /// <param name="meters">Makes the meter <see cref="MeterName"/>. Default: a meter of its own.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; says every fault, its value and what to
    /// do.</exception>
    public WarmPool(
        WarmPoolOptions? options = null,
        ILogger<WarmPool>? logger = null,
        TimeProvider? time = null,
        IMeterFactory? meters = null)
        : this(options ?? new WarmPoolOptions(), logger, time ?? TimeProvider.System, meters, LaunchOnThisMachine)
    {
    }

    internal WarmPool(
        WarmPoolOptions options,
        ILogger<WarmPool>? logger,
        TimeProvider time,
        IMeterFactory? meters,
        Func<WarmPoolOptions, TimeProvider, IProcessLauncher> launch)
    {
        var valid = WarmPoolOptionsValidator.Checked(options);
        _services = new PoolServices(valid, time, logger ?? NullLogger<WarmPool>.Instance, meters);
        _pools = _services.Pools;
        _launcher = launch(valid, time);
        _controller = new PoolController(_services, _launcher);
        _services.Memory.OnShort = what => MemoryShort?.Invoke(this, what);
    }

    /// <summary>
    /// Raised on a thread of the thread pool after each measurement that finds <see cref="WarmPoolOptions.MemorySoftLimit"/>
    /// exceeded: who holds leases can end some. A handler that throws is logged.
    /// </summary>
    public event EventHandler<MemoryShortEventArgs>? MemoryShort;

    /// <summary>How much of its memory budget the pool has used, as last measured.</summary>
    public MemoryPressure MemoryPressure => _services.Memory.Pressure;

    /// <summary>
    /// Whether callers wait for whom no process can be started until another one ends: <see cref="WarmPoolOptions.MaxProcesses"/> are up, none of them
    /// parked or ending. Who holds leases that he can spare gives one back.
    /// </summary>
    public bool IsShort => _controller.IsShort;

    /// <summary>Keeps processes of the profile parked from now on.</summary>
    public void Register(ProcessProfile profile)
    {
        _pools.Find(profile).IsRegistered = true;
        _services.Bell.Ring();
    }

    /// <summary>
    /// Lets a profile go, and those whose place it took: parked and starting processes end, those in use end when they are given
    /// back, and callers who wait are rejected.
    /// </summary>
    /// <remarks>Returns before they have ended. Whoever asks for the profile again registers it anew.</remarks>
    /// <param name="profile">One that was replaced takes along only what is left of itself.</param>
    /// <returns>Whether there was such a profile.</returns>
    public bool Unregister(ProcessProfile profile)
    {
        var isKnown = _pools.LetGo(profile);
        _services.Bell.Ring();
        return isKnown;
    }

    /// <summary>
    /// Lets a changed profile take another's place: its processes are parked as the other's are given up, one by one, and whoever
    /// asks for either is served from both meanwhile, the new ones first. Those in use end when they are given back.
    /// </summary>
    /// <remarks>
    /// When processes of <paramref name="changed"/> cannot be started, those parked of <paramref name="former"/> still serve
    /// until they are used up. Either is <see cref="Unregister"/>ed as any other.
    /// </remarks>
    /// <exception cref="ArgumentException">Their warm-ups leave different types of state: who asks for one could not use the
    /// other.</exception>
    public void Replace(ProcessProfile former, ProcessProfile changed)
    {
        ArgumentNullException.ThrowIfNull(former);
        ArgumentNullException.ThrowIfNull(changed);
        if (former.GetType() != changed.GetType())
        {
            throw new ArgumentException(
                $"'{changed.Name}' cannot take the place of '{former.Name}': their warm-ups leave different types of state. "
                + "Unregister the one and register the other.",
                nameof(changed));
        }

        _pools.Replace(former, changed);
        _services.Bell.Ring();
    }

    /// <summary>Says that somebody is about to ask for a process: so many as are expected are kept parked, up to <see cref="WarmPoolOptions.MaxIdle"/>.</summary>
    /// <remarks>
    /// Call it once for each, when a client has connected or begins to type. Whoever comes next counts as one of those that were expected; who does not come is forgotten
    /// after a minute. A profile that was not registered is from now on.
    /// </remarks>
    /// <param name="profile">What is going to be asked for.</param>
    public void Expect(ProcessProfile profile)
    {
        var pool = _pools.Find(profile);
        pool.IsRegistered = true;
        pool.Expect();
        _services.Bell.Ring();
    }

    /// <summary>
    /// Takes a parked process, or waits for one to start. A profile that was not registered is from now on.
    /// </summary>
    /// <param name="profile">What is wanted; pass the same instance each time.</param>
    /// <param name="cancellationToken">Ends the wait; no process is lost by it.</param>
    /// <param name="site">Filled in by the compiler, for leak warnings.</param>
    /// <param name="line">Filled in by the compiler, for leak warnings.</param>
    /// <exception cref="ProcessStartException">It could not be started; says why, and fails at once while the breaker is
    /// open.</exception>
    /// <exception cref="PoolRejectedException">The pool and the wait for it are full, or the wait was too long.</exception>
    /// <exception cref="PoolStoppedException">The pool has been stopped.</exception>
    [SuppressMessage("ApiDesign", "RS0026", Justification = OneProfileType)]
    public ValueTask<WorkerLease> AcquireAsync(
        ProcessProfile profile,
        CancellationToken cancellationToken = default,
        [CallerFilePath] string site = "",
        [CallerLineNumber] int line = 0)
    {
        var last = _lastUsed;
        if (last is null || !ReferenceEquals(last.Profile, profile) || last.IsClosed)
        {
            _lastUsed = last = _pools.Find(profile);
            last.IsRegistered = true;
        }

        return last.AcquireAsync(site, line, cancellationToken);
    }

    /// <inheritdoc cref="AcquireAsync(ProcessProfile, CancellationToken, string, int)"/>
    /// <typeparam name="TState">What the profile's warm-up leaves for the lessee.</typeparam>
    [SuppressMessage("ApiDesign", "RS0026", Justification = OneProfileType)]
    public ValueTask<WorkerLease<TState>> AcquireAsync<TState>(
        ProcessProfile<TState> profile,
        CancellationToken cancellationToken = default,
        [CallerFilePath] string site = "",
        [CallerLineNumber] int line = 0)
        where TState : notnull
    {
        var acquiring = AcquireAsync((ProcessProfile)profile, cancellationToken, site, line);
        return acquiring.IsCompletedSuccessfully
            ? new ValueTask<WorkerLease<TState>>((WorkerLease<TState>)acquiring.Result)
            : TypedAsync(acquiring);

        static async ValueTask<WorkerLease<TState>> TypedAsync(ValueTask<WorkerLease> acquiring) =>
            (WorkerLease<TState>)await acquiring;
    }

    /// <summary>
    /// Ends what an earlier run of this program left behind, where it can be told; returns how many processes that were.
    /// </summary>
    public int Sweep()
    {
        var count = _launcher.Sweep();
        if (count > 0)
        {
            PoolLog.Swept(_services.Logger, count);
        }

        return count;
    }

    /// <summary>The pool as it is now.</summary>
    /// <param name="withMemory">Whether to read each process's memory, about a millisecond each.</param>
    public PoolSnapshot GetSnapshot(bool withMemory = false) => PoolSnapshots.Take(_pools.All, _services.Options, withMemory);

    /// <summary>Ends parked processes, all of them or one; fresh ones take their place. Those in use are left alone.</summary>
    /// <param name="processId">The one; null for all.</param>
    /// <returns>How many that were.</returns>
    public int Recycle(int? processId = null) => _pools.All.Sum(
        pool => pool.Workers.All.Count(
            worker => (processId is null || worker.Process.Id == processId) && pool.Workers.TryEndParked(worker, "recycled")));

    /// <summary>
    /// Keeps none of a profile's processes parked until <see cref="Refill"/>, and ends those that are. Whoever asks is still
    /// served, from a cold start.
    /// </summary>
    /// <param name="name">The profile's name, in any letters.</param>
    /// <returns>Whether there is a profile of that name.</returns>
    public bool Drain(string name) => SetDrained(name, true);

    /// <summary>Keeps processes of a drained profile parked again.</summary>
    /// <inheritdoc cref="Drain"/>
    public bool Refill(string name) => SetDrained(name, false);

    /// <summary>Ends every process: parked ones now, leased ones when they come back or their time is up. Idempotent.</summary>
    /// <remarks>
    /// Takes <see cref="WarmPoolOptions.DrainTimeout"/> and the two graces at most, and a few seconds more where the kernel does
    /// not let a process go. By the machine's clock, whatever clock the pool was given.
    /// </remarks>
    /// <param name="cancellationToken">Ends the leased ones without waiting for them; the stop itself is finished.</param>
    public Task StopAsync(CancellationToken cancellationToken = default) => _controller.StopAsync(cancellationToken);

    /// <summary>Stops the pool. Whoever calls it again waits for the same end.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_disposing ??= DisposeCoreAsync());
        }
    }

    private static ProcessLauncher LaunchOnThisMachine(WarmPoolOptions options, TimeProvider time) =>
        new(Containments.Create(options.Isolation == ProcessIsolation.PidNamespace), time);

    private async Task DisposeCoreAsync()
    {
        await StopAsync();
        _launcher.Dispose();
        _controller.Dispose();
        _services.Dispose();
    }

    private bool SetDrained(string name, bool isDrained)
    {
        ArgumentNullException.ThrowIfNull(name);
        var pools = _pools.Named(name);
        foreach (var pool in pools)
        {
            pool.IsDrained = isDrained;
            if (isDrained)
            {
                pool.Workers.EndParked("drained");
            }
        }

        _services.Bell.Ring();
        return pools.Count > 0;
    }
}
