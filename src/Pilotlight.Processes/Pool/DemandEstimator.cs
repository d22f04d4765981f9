namespace Pilotlight.Processes;

/// <summary>How many processes to keep parked, from how often they are asked for and how long one takes to warm up.</summary>
/// <remarks>
/// ceil(λW + 2·√(λW)): arrivals during one warm-up are close to Poisson, with mean λW and that square root for their
/// deviation, so two deviations above the mean cover ~97 % of them. λ is the larger of a fast and a slow moving average: the
/// fast one sees a burst, the slow one remembers it. W is the 95th percentile of recent warm-ups. Arrivals that come closer
/// than chance are what the formula misses: a miss adds one at once, two at most, which are taken back one at a time after 90 s
/// without a miss (tuned on a trace: benchmarks, <c>trace</c>). Not safe for concurrent use: the controller owns it.
/// </remarks>
internal sealed class DemandEstimator(TimeProvider time)
{
    private const int Samples = 64;
    private const int MaxExtra = 2;
    private static readonly TimeSpan Fast = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Slow = TimeSpan.FromMinutes(3);

    private readonly Queue<double> _warmUps = new(Samples);
    private static readonly TimeSpan MissMemory = TimeSpan.FromSeconds(90);

    // So long after they were announced callers that have not come are forgotten.
    private static readonly TimeSpan ExpectedFor = TimeSpan.FromMinutes(1);

    private readonly Queue<long> _expected = [];
    private long _updatedAt = time.GetTimestamp();
    private double _fast;
    private double _slow;
    private double _warmUpP95 = 0.5;
    private int _extra;
    private long _extraSince;

    /// <summary>Arrivals a second.</summary>
    public double Rate => Math.Max(_fast, _slow);

    public void Arrived(long count)
    {
        var elapsed = time.GetElapsedTime(_updatedAt).TotalSeconds;
        _updatedAt = time.GetTimestamp();
        _fast = Decay(_fast, elapsed, Fast, count);
        _slow = Decay(_slow, elapsed, Slow, count);
        for (var come = count; come > 0 && _expected.TryDequeue(out _); come--)
        {
            // Whoever comes is one of those that were expected.
        }
    }

    /// <summary>So many callers are about to come.</summary>
    public void Expect(long count)
    {
        for (; count > 0; count--)
        {
            _expected.Enqueue(time.GetTimestamp());
        }
    }

    /// <summary>Callers found nothing parked.</summary>
    public void Missed()
    {
        _extra = Math.Min(_extra + 1, MaxExtra);
        _extraSince = time.GetTimestamp();
    }

    public void WarmedUp(TimeSpan duration)
    {
        if (_warmUps.Count == Samples)
        {
            _warmUps.Dequeue();
        }

        _warmUps.Enqueue(duration.TotalSeconds);
        var sorted = _warmUps.Order().ToArray();
        _warmUpP95 = sorted[(int)Math.Ceiling(sorted.Length * 0.95) - 1];
    }

    public int Target(int minimum, int maximum)
    {
        var during = Rate * _warmUpP95;

        // A rate that has faded to next to nothing wants nothing parked, not one for ever.
        var wanted = during < 0.01 ? 0 : (int)Math.Ceiling(during + (2 * Math.Sqrt(during)));
        while (_extra > 0 && time.GetElapsedTime(_extraSince) >= MissMemory)
        {
            _extra--;
            _extraSince += (long)(MissMemory.TotalSeconds * time.TimestampFrequency);
        }

        while (_expected.TryPeek(out var oldest) && time.GetElapsedTime(oldest) >= ExpectedFor)
        {
            _expected.Dequeue();
        }

        return Math.Clamp(Math.Max(Math.Max(wanted, _expected.Count), minimum) + _extra, minimum, maximum);
    }

    private static double Decay(double rate, double elapsed, TimeSpan window, long arrivals) =>
        (rate * Math.Exp(-elapsed / window.TotalSeconds)) + (arrivals / window.TotalSeconds);
}
