using System.Globalization;

namespace Pilotlight.Scale.Workload;

/// <summary>How many conversations begin, over time.</summary>
internal interface IPattern
{
    /// <summary>So many times as many as on average, at a time.</summary>
    double At(TimeSpan time);

    /// <summary>Whether it went on like this before; else the nodes begin with nobody.</summary>
    bool HasPast { get; }
}

/// <summary>As many all the time.</summary>
internal sealed class Steady : IPattern
{
    public bool HasPast => true;

    public double At(TimeSpan time) => 1;
}

/// <summary>An hour of a chat service, second by second, as it was recorded; then again from the start.</summary>
/// <remarks>
/// Requests a second of the conversation part of "Azure LLM inference trace 2023" (Patel et al., "Splitwise", ISCA 2024; CC-BY): 19,364 in 58 minutes, the busiest minute at 1.5 times
/// the mean, the busiest second at 2.9 times. It does not say which requests belong together, so it is taken for how conversations begin.
/// </remarks>
internal sealed class RecordedHour : IPattern
{
    private static readonly double[] s_seconds = Read();

    public bool HasPast => true;

    public double At(TimeSpan time) => s_seconds[(int)(((long)time.TotalSeconds % s_seconds.Length) + s_seconds.Length) % s_seconds.Length];

    private static double[] Read()
    {
        using var reader = new StreamReader(typeof(RecordedHour).Assembly.GetManifestResourceStream("conversation-hour.csv")!);
        var counts = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)
            .Select(line => double.Parse(line, CultureInfo.InvariantCulture)).ToArray();
        var mean = counts.Average();
        return [.. counts.Select(count => count / mean)];
    }
}

/// <summary>A day of a chat service, hour by hour, as it was recorded, with straight lines between the middles of the hours.</summary>
/// <remarks>Requests of the second day of the model "m-small" of ServeGen's traces, all clients together (Xiang et al., arXiv 2505.09999; Apache 2.0).</remarks>
internal sealed class RecordedDay : IPattern
{
    private static readonly double[] s_hours =
    [
        918, 627, 585, 477, 406, 418, 481, 555, 861, 988, 1046, 1024, 954, 937, 859, 906, 992, 1070, 1122, 1347, 1702, 1640, 1360, 1132,
    ];

    private static readonly double s_mean = s_hours.Average();

    public bool HasPast => true;

    public double At(TimeSpan time)
    {
        var hours = (((time.TotalHours - 0.5) % 24) + 24) % 24;
        var (hour, part) = ((int)hours, hours - (int)hours);
        return ((s_hours[hour] * (1 - part)) + (s_hours[(hour + 1) % 24] * part)) / s_mean;
    }
}

/// <summary>A meeting ends: for a while so many times as many begin, and before and after it as usual.</summary>
internal sealed class Burst(TimeSpan from, TimeSpan length, double times) : IPattern
{
    public bool HasPast => true;

    public double At(TimeSpan time) => time >= from && time < from + length ? times : 1;
}

/// <summary>A Monday morning: nobody was there for two days, then within a while so many times as many as usual begin, and that goes on.</summary>
internal sealed class Rush(TimeSpan within, double times) : IPattern
{
    public bool HasPast => false;

    public double At(TimeSpan time) => time < TimeSpan.Zero ? 0 : times * Math.Min(1, time / within);
}
