namespace Pilotlight.Processes;

/// <summary>What the controller knows and decides of one profile: what is starting, how many are wanted parked.</summary>
/// <remarks>
/// Written under the controller's lock alone; the counts, and <see cref="Guard"/> as it says, may be read by anybody.
/// </remarks>
internal sealed class ProfileUpkeep(ProcessProfile profile, PoolServices services)
{
    private readonly WarmPoolOptions _options = services.Options;
    private int _starting;
    private int _target;

    /// <summary>How often it is asked for; a profile that takes another's place takes this over.</summary>
    public DemandEstimator Demand { get; private set; } = new(services.Time);

    /// <summary>When to start more and when to end some.</summary>
    public StockPolicy Stock { get; } = new(services.Options, services.Time);

    /// <summary>Whether starts are tried.</summary>
    public StartGuard Guard { get; } = new(profile, services.Options, services.Time);

    /// <summary>Whether the program's file is still the one that processes were started from.</summary>
    public ProgramWatch Program { get; } =
        new(profile.FileName, services.Options.RenewalCheck, services.Time, services.Bell.Ring);

    /// <summary>Processes that are being started.</summary>
    public int Starting => Volatile.Read(ref _starting);

    /// <summary>How many are wanted parked.</summary>
    public int Target => Volatile.Read(ref _target);

    /// <summary>Whether an old process waits to be replaced; one more is parked meanwhile.</summary>
    public bool IsRenewing { get; set; }

    /// <summary>How many are to be parked now.</summary>
    public int Wanted => IsRenewing ? Target + 1 : Target;

    /// <summary>How many demand wants parked, within the options' bounds.</summary>
    public int DemandTarget => Demand.Target(_options.MinIdle, _options.MaxIdle);

    /// <summary>
    /// Counts what has been asked for since the last look, serves who waits, and sets the target; returns when to look again.
    /// </summary>
    public TimeSpan Look(ProfilePool pool)
    {
        Demand.Arrived(pool.TakeArrivals());
        Demand.Expect(pool.TakeExpected());
        if (pool.TakeMisses() > 0)
        {
            Demand.Missed();
        }

        pool.ServeWaiters();
        Volatile.Write(ref _target, pool.IsStocked ? DemandTarget : 0);
        return Guard.Look(pool.Workers.All);
    }

    public void TakeOver(ProfileUpkeep former) => Demand = former.Demand;

    public void StartBegun()
    {
        Volatile.Write(ref _starting, _starting + 1);
        Stock.Started();
    }

    public void StartEnded() => Volatile.Write(ref _starting, _starting - 1);
}
