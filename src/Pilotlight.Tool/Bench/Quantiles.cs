namespace Pilotlight.Tool.Bench;

/// <summary>Quantiles by nearest rank: each is a value that was measured.</summary>
internal static class Quantiles
{
    public static double Median(IEnumerable<double> values) => Of(values, 0.5);

    public static double P95(IEnumerable<double> values) => Of(values, 0.95);

    /// <summary>The smallest value that at least this share of all is not above; NaN of nothing.</summary>
    public static double Of(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[Math.Max(0, (int)Math.Ceiling((sorted.Length * share) - 1e-9) - 1)];
    }
}
