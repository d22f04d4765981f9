using System.Globalization;

namespace Pilotlight.Processes.Benchmarks;

/// <summary>
/// Plays a trace against the pool's own policy (<see cref="DemandEstimator"/>, <see cref="StockPolicy"/>) on a clock that jumps
/// from event to event.
/// </summary>
internal static class TraceBenchmark
{
    // What a start of the CLI takes on two busy cores.
    private const double WarmUp = 0.6;
    private const int MaxStarting = 2;

    public static void Run(string file)
    {
        var arrivals = BurstyTrace.Read(file);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{arrivals.Length} arrivals in {arrivals[^1] / 3600:0.0} h, a start takes {WarmUp} s, {MaxStarting} at a time"));
        var oracle = Oracle(arrivals);
        Print("oracle", oracle, oracle.MeanParked);
        Print("Pilotlight, defaults (2 to 8)", Ours(arrivals, new WarmPoolOptions()), oracle.MeanParked);
        Print("Pilotlight, 1 to 8", Ours(arrivals, new WarmPoolOptions { MinIdle = 1 }), oracle.MeanParked);
        foreach (var size in (int[])[1, 2, 4, 8])
        {
            Print($"fixed, {size}", Fixed(arrivals, size), oracle.MeanParked);
        }
    }

    private static void Print(string name, Outcome outcome, double reference) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{name,-30} warm {outcome.WarmShare * 100,6:0.0} %   mean parked or starting {outcome.MeanParked,5:0.00}   "
        + $"{outcome.MeanParked / reference,5:0.00}x the oracle"));

    private static Outcome Ours(double[] arrivals, WarmPoolOptions options)
    {
        var clock = new JumpingClock();
        var demand = new DemandEstimator(clock);
        demand.WarmedUp(TimeSpan.FromSeconds(WarmUp));
        var policy = new StockPolicy(options, clock);
        return Play(arrivals, clock, options.MinIdle, (idle, starting, waiting, arrived) =>
        {
            demand.Arrived(arrived);
            if (arrived > 0 && waiting > 0)
            {
                demand.Missed();
            }

            var target = demand.Target(options.MinIdle, options.MaxIdle);
            var (count, soon) = policy.ToStart(idle, starting, waiting, target);
            var (end, later) = policy.Surplus(idle, target);
            return (count, end, Sooner(soon, later));
        });
    }

    private static Outcome Fixed(double[] arrivals, int size) =>
        Play(
            arrivals,
            new JumpingClock(),
            size,
            (idle, starting, waiting, _) => (size + waiting - idle - starting, false, Timeout.InfiniteTimeSpan));

    // Knows the future: in each minute, the smallest stock with which every arrival of the minute is warm.
    private static Outcome Oracle(double[] arrivals)
    {
        var (parked, minutes, last) = (0.0, 0, arrivals[^1]);
        for (var minute = 0.0; minute < last; minute += 60, minutes++)
        {
            var within = arrivals.Where(at => at >= minute && at < minute + 60).Select(at => at - minute).ToArray();
            var size = 0;
            while (within.Length > 0 && Fixed(within, ++size).WarmShare < 1)
            {
            }

            parked += size;
        }

        return new Outcome(1, parked / minutes);
    }

    private static Outcome Play(
        double[] arrivals, JumpingClock clock, int parked, Func<int, int, int, int, (int Start, bool End, TimeSpan Next)> decide)
    {
        var (idle, waiting, warm, next, area) = (parked, 0, 0, 0, 0.0);
        var starting = new Queue<double>();
        var look = double.PositiveInfinity;
        while (next < arrivals.Length)
        {
            var at = Math.Min(arrivals[next], Math.Min(look, starting.Count > 0 ? starting.Peek() : double.PositiveInfinity));
            area += (at - clock.Seconds) * (idle + starting.Count);
            clock.Seconds = at;
            var arrived = 0;
            if (at == arrivals[next])
            {
                next++;
                arrived = 1;
                (idle, warm, waiting) = idle > 0 ? (idle - 1, warm + 1, waiting) : (idle, warm, waiting + 1);
            }
            else if (starting.Count > 0 && at == starting.Peek())
            {
                starting.Dequeue();
                (idle, waiting) = waiting > 0 ? (idle, waiting - 1) : (idle + 1, waiting);
            }

            var (start, end, wait) = decide(idle, starting.Count, waiting, arrived);
            idle -= end ? 1 : 0;
            while (start-- > 0 && starting.Count < MaxStarting)
            {
                starting.Enqueue(at + WarmUp);
            }

            look = wait == Timeout.InfiniteTimeSpan ? double.PositiveInfinity : at + Math.Max(wait.TotalSeconds, 0.001);
        }

        return new Outcome((double)warm / arrivals.Length, area / clock.Seconds);
    }

    private static TimeSpan Sooner(TimeSpan one, TimeSpan other) =>
        one == Timeout.InfiniteTimeSpan ? other : other == Timeout.InfiniteTimeSpan || one < other ? one : other;

    private sealed record Outcome(double WarmShare, double MeanParked);

    private sealed class JumpingClock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => (long)(Seconds * TimeSpan.TicksPerSecond);
    }
}
