namespace Pilotlight.WebConsole.Pool;

/// <summary>Where points lie in a picture: time to the right, milliseconds upward by powers of ten.</summary>
public sealed class LatencyScale
{
    private readonly double _low;
    private readonly double _high;
    private readonly DateTimeOffset _from;
    private readonly TimeSpan _span;

    public LatencyScale(IReadOnlyList<LatencyPoint> points, DateTimeOffset now)
    {
        var values = points.Select(point => Math.Max(point.Milliseconds, 0.001)).DefaultIfEmpty(1).ToArray();
        _low = Math.Floor(Math.Log10(values.Min()));
        _high = Math.Max(_low + 2, Math.Ceiling(Math.Log10(values.Max()) + 0.001));
        var first = points.Count > 0 ? points[0].At : now;
        _span = now - first < TimeSpan.FromMinutes(1) ? TimeSpan.FromMinutes(1) : now - first;
        _from = now - _span;
    }

    /// <summary>The time that the whole width is.</summary>
    public TimeSpan Span => _span;

    /// <summary>The powers of ten to mark, in milliseconds.</summary>
    public IEnumerable<double> Marks => Enumerable.Range((int)_low, (int)(_high - _low) + 1).Select(power => Math.Pow(10, power));

    /// <summary>From the left, 0 to 1.</summary>
    public double X(DateTimeOffset at) => Math.Clamp((at - _from) / _span, 0, 1);

    /// <summary>From the top, 0 to 1.</summary>
    public double Y(double milliseconds) => 1 - ((Math.Log10(Math.Max(milliseconds, Math.Pow(10, _low))) - _low) / (_high - _low));
}
