namespace Pilotlight.Wire.Benchmarks;

/// <summary>Where the middle and the end of some times lie.</summary>
internal static class Quantiles
{
    public static double Of(IEnumerable<double> values, double part)
    {
        var ordered = values.Order().ToArray();
        return ordered[(int)Math.Min(ordered.Length - 1, part * ordered.Length)];
    }
}
