using Pilotlight.Processes;

namespace Pilotlight.Scale.Nodes;

/// <summary>How a process was come by.</summary>
internal enum Acquired
{
    /// <summary>It was parked.</summary>
    Warm,

    /// <summary>It was waited for.</summary>
    Cold,

    /// <summary>None could be had.</summary>
    Rejected,
}

/// <summary>A node's pool: the product's own estimate and stock policy decide, and what a controller does around them is modelled.</summary>
/// <remarks>
/// Modelled after <c>PoolController</c> and <c>ProfilePool</c>, which cannot do without processes: starts are limited in number and by room, whoever has waited longest is served first.
/// Left out: faults of starts, the renewal of old processes, limits of memory. A process ends at once.
/// </remarks>
internal sealed class SimulatedPool(WarmPoolOptions options, VirtualTime time, Processor processor)
{
    private readonly DemandEstimator _demand = new(time);
    private readonly StockPolicy _stock = new(options, time);
    private readonly Queue<Waiter> _waiting = new();
    private long _arrivals;
    private int _misses;
    private int _gone;
    private long _look;
    private bool _isClosed;

    /// <summary>Processes that are parked.</summary>
    public int Idle { get; private set; }

    /// <summary>Processes that are being started.</summary>
    public int Starting { get; private set; }

    /// <summary>Processes that are in use.</summary>
    public int Leased { get; private set; }

    /// <summary>How many are wanted parked.</summary>
    public int Target { get; private set; }

    /// <summary>Callers who found one parked.</summary>
    public long WarmHits { get; private set; }

    /// <summary>Callers who waited for one.</summary>
    public long ColdStarts { get; private set; }

    /// <summary>Starts that were begun.</summary>
    public long Starts { get; private set; }

    /// <summary>All processes.</summary>
    public int Up => Idle + Starting + Leased;

    /// <summary>Whether callers wait for whom no start is under way, and there is no room.</summary>
    public bool IsShort => Waiting > Starting && Up >= options.MaxProcesses && Idle == 0;

    private int Waiting => _waiting.Count - _gone;

    /// <summary>Parks as many as it begins with, at once.</summary>
    public void Begin(int parked, int leased)
    {
        (Idle, Leased) = (parked, leased);
        _demand.WarmedUp(Costs.Start);
        Look();
    }

    /// <summary>Says how a process was come by: at once where one is parked, else as soon as one is there or it is too late.</summary>
    public void Acquire(Action<Acquired> served)
    {
        _arrivals++;
        if (Idle > 0)
        {
            (Idle, Leased) = (Idle - 1, Leased + 1);
            WarmHits++;
            served(Acquired.Warm);
            Look();
            return;
        }

        if (Waiting >= options.MaxWaiting)
        {
            served(Acquired.Rejected);
            return;
        }

        _misses++;
        var waiter = new Waiter(served);
        _waiting.Enqueue(waiter);
        time.After(options.AcquireTimeout, () =>
        {
            if (!waiter.IsOver && !_isClosed)
            {
                (waiter.IsOver, _gone) = (true, _gone + 1);
                served(Acquired.Rejected);
            }
        });
        Look();
    }

    /// <summary>A process that was in use has ended.</summary>
    public void End()
    {
        Leased--;
        Look();
    }

    /// <summary>The node is gone, and all with it.</summary>
    public void Close()
    {
        _isClosed = true;
        (Idle, Starting, Leased) = (0, 0, 0);
        _look++;
    }

    private void Look()
    {
        if (_isClosed)
        {
            return;
        }

        _demand.Arrived(_arrivals);
        _arrivals = 0;
        if (_misses > 0)
        {
            _demand.Missed();
            _misses = 0;
        }

        Target = _demand.Target(options.MinIdle, options.MaxIdle);
        var (wanted, next) = _stock.ToStart(Idle, Starting, Waiting, Target);
        while (wanted-- > 0 && Starting < options.MaxConcurrentWarmUps && Up < options.MaxProcesses)
        {
            Start();
        }

        var (end, later) = _stock.Surplus(Idle, Target);
        Idle -= end ? 1 : 0;
        next = Deadline.Sooner(next, later);
        var look = ++_look;
        if (next != Timeout.InfiniteTimeSpan)
        {
            time.After(next, () =>
            {
                if (look == _look)
                {
                    Look();
                }
            });
        }
    }

    private void Start()
    {
        Starting++;
        Starts++;
        _stock.Started();
        var begun = time.Now;
        processor.Run(Costs.Start, () =>
        {
            Starting--;
            _demand.WarmedUp(time.Now - begun);
            if (!TryServe())
            {
                Idle++;
            }

            Look();
        });
    }

    private bool TryServe()
    {
        while (_waiting.TryDequeue(out var waiter))
        {
            if (waiter.IsOver)
            {
                _gone--;
                continue;
            }

            waiter.IsOver = true;
            Leased++;
            ColdStarts++;
            waiter.Served(Acquired.Cold);
            return true;
        }

        return false;
    }

    private sealed class Waiter(Action<Acquired> served)
    {
        public Action<Acquired> Served => served;

        public bool IsOver { get; set; }
    }
}
