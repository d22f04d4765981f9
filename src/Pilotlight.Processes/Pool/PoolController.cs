using Microsoft.Extensions.Logging;

namespace Pilotlight.Processes;

/// <summary>Decides what is started and what is ended, for all profiles together.</summary>
/// <remarks>
/// Woken by the doorbell and by its next deadline; it never polls. All that it decides is decided under one lock, which starts
/// that come to their end take too. It reads the pools' counts and writes none of them: its own account is each pool's
/// <see cref="ProfileUpkeep"/>.
/// </remarks>
internal sealed class PoolController : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PoolServices _services;
    private readonly WarmPoolOptions _options;
    private readonly ProfilePools _pools;
    private readonly WorkerEnds _ends;
    private readonly MemoryWatch _memory;
    private readonly WorkerStarts _starts;
    private readonly Renewal _renewal;
    private readonly LongStays _longStays;
    private readonly ITimer _deadline;
    private readonly PoolStop _stop;
    private Task? _stopping;

    public PoolController(PoolServices services, IProcessLauncher launcher)
    {
        (_services, _options, _pools) = (services, services.Options, services.Pools);
        (_ends, _memory) = (services.Ends, services.Memory);
        _starts = new WorkerStarts(services, launcher, _gate);
        _renewal = new Renewal(services.Time, _ends);
        _longStays = new LongStays(_options, services.Time, services.Logger);
        _stop = new PoolStop(services, _starts);
        _deadline = services.Time.CreateTimer(
            static bell => ((Doorbell)bell!).Ring(), services.Bell, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        services.Bell.AnswerWith(Look);
    }

    // What is ending still takes its memory and its place.
    private int Up => _pools.Total + _ends.Count;

    private bool HasRoom => Up < _options.MaxProcesses;

    /// <summary>Whether callers wait for whom neither a start nor an end is under way, and there is no room.</summary>
    public bool IsShort
    {
        get
        {
            var pools = _pools.All;
            return pools.Sum(pool => Math.Max(0, pool.Waiting - pool.Upkeep.Starting)) > _ends.Count && !HasRoom && pools.All(pool => pool.Workers.Idle == 0);
        }
    }

    /// <summary>No new processes, none parked; completes when every one has ended, leased ones after their time is up.</summary>
    /// <param name="cancellationToken">Ends the leased ones at once.</param>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _services.BeginStop();
            _stopping ??= _stop.RunAsync();
        }

        return _stop.HurriedAsync(_stopping, cancellationToken);
    }

    public void Dispose()
    {
        _deadline.Dispose();
        _stop.Dispose();
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_services.IsStopping)
            {
                return;
            }

            try
            {
                _deadline.Change(Deadline.ForTimer(LookAtAll()), Timeout.InfiniteTimeSpan);
            }
            catch (Exception fault)
            {
                // A fault of ours must not take the host down with it, nor leave the pool without its controller.
                PoolLog.ControllerFailed(_services.Logger, fault);
                _deadline.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            }
        }
    }

    private TimeSpan LookAtAll()
    {
        var pools = _pools.All;
        var next = _memory.Look(pools);

        // Those whose callers wait come first: what others would only park can wait for them.
        foreach (var pool in pools.OrderByDescending(pool => pool.Waiting > 0))
        {
            next = Deadline.Sooner(next, Look(pool));
        }

        return next;
    }

    private TimeSpan Look(ProfilePool pool)
    {
        var next = _longStays.Look(pool);
        if (pool.IsClosed)
        {
            LetGo(pool);
            return next;
        }

        if (pool.Former is { } former)
        {
            pool.Upkeep.TakeOver(former.Upkeep);
        }

        next = Deadline.Sooner(next, pool.Upkeep.Look(pool));
        next = Deadline.Sooner(next, _renewal.Look(pool, HasRoom && _memory.AllowsStock(Up)));
        if (pool.Successor is not null)
        {
            pool.PassOnWaiters();
            GiveWay(pool);
            return next;
        }

        next = Deadline.Sooner(next, Start(pool));
        return Deadline.Sooner(next, Shrink(pool));
    }

    private TimeSpan Start(ProfilePool pool)
    {
        var upkeep = pool.Upkeep;
        var (wanted, next) = upkeep.Stock.ToStart(pool.Workers.Idle, upkeep.Starting, pool.Waiting, upkeep.Wanted);
        while (wanted-- > 0)
        {
            if (!upkeep.Guard.MayStart(upkeep.Starting, pool.Waiting))
            {
                // Those who came before it opened get the cause now; later ones are refused at the door.
                var breaker = upkeep.Guard.Breaker;
                if (breaker is { State: BreakerState.Open, Cause: { } cause })
                {
                    pool.FailWaiters(cause, all: true);
                }

                return breaker.Wait is var wait && wait > TimeSpan.Zero ? wait : Timeout.InfiniteTimeSpan;
            }

            // From here on something else has to happen first, and that rings.
            if (_pools.Starting >= _options.MaxConcurrentWarmUps)
            {
                return Timeout.InfiniteTimeSpan;
            }

            if (!IsAffordable(pool) || !HasRoom)
            {
                MakeRoom(pool);
                return Timeout.InfiniteTimeSpan;
            }

            _starts.Begin(pool);
        }

        return next;
    }

    // What memory is left goes to those who wait; past the hard limit they are told.
    private bool IsAffordable(ProfilePool pool)
    {
        if (pool.Waiting <= pool.Upkeep.Starting)
        {
            return _memory.AllowsStock(Up);
        }

        if (_memory.Refusal is { } refusal)
        {
            pool.FailWaiters(pool.Rejected(refusal), all: true);
            return false;
        }

        return _memory.AllowsDemand(Up);
    }

    // A caller who waits outranks another profile's stock, and a new configuration its predecessor's. The room is there when the
    // displaced one has ended: until then no other is displaced.
    private void MakeRoom(ProfilePool forWhom)
    {
        var isAwaited = forWhom.Waiting > forWhom.Upkeep.Starting;
        foreach (var pool in _pools.All.Where(pool => pool != forWhom && (isAwaited || pool.Successor == forWhom)))
        {
            if (_ends.Count > 0)
            {
                return;
            }

            pool.Workers.TryEndOldest("displaced");
        }
    }

    // One by one, as the successor's are ready: what is parked of either serves whoever asks for either.
    private static void GiveWay(ProfilePool pool)
    {
        var successor = pool.Newest;
        var missing = successor.IsRegistered ? successor.Upkeep.DemandTarget - successor.Workers.Idle : 0;
        while (pool.Workers.Idle > Math.Max(0, missing) && pool.Workers.TryEndOldest("replaced"))
        {
        }
    }

    // Starts are broken off by its token, leases end as they are given back, and each of these rings.
    private void LetGo(ProfilePool pool)
    {
        pool.FailWaiters(PoolRejectedException.LetGo(pool.Name), all: true);
        pool.Workers.EndParked("unregistered");
        if (pool.Total == 0)
        {
            _pools.Forget(pool);
        }
    }

    private static TimeSpan Shrink(ProfilePool pool)
    {
        var (end, next) = pool.Upkeep.Stock.Surplus(pool.Workers.Idle, pool.Upkeep.Wanted);
        if (end)
        {
            pool.Workers.TryEndOldest("surplus");
        }

        return next;
    }
}
