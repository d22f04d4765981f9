using System.Globalization;

namespace Pilotlight.Processes.Benchmarks;

/// <summary>Four hours of a team at work: long quiet, busy spells, and now and then several at once.</summary>
/// <remarks>
/// A Poisson process whose rate changes between quiet (one message in two minutes, for five minutes in the mean) and busy (one
/// in three seconds, for two minutes); one busy spell in three begins with four messages within a second. The seed of the trace
/// that is checked in is 20261124; others tell whether the policy was tuned to that one alone.
/// </remarks>
internal static class BurstyTrace
{
    private const double Hours = 4;

    public const int Seed = 20261124;

    public static void Write(string file, int seed) =>
        File.WriteAllLines(file, Make(seed).Select(at => at.ToString("0.000", CultureInfo.InvariantCulture)).Prepend("seconds"));

    public static double[] Read(string file) =>
        [.. File.ReadLines(file).Skip(1).Select(line => double.Parse(line, CultureInfo.InvariantCulture))];

    private static List<double> Make(int seed)
    {
        var random = new Random(seed);
        var arrivals = new List<double>();
        var (now, busy) = (0.0, false);
        while (now < Hours * 3600)
        {
            var end = Math.Min(Hours * 3600, now + Exponential(random, busy ? 120 : 300));
            if (busy && random.Next(3) == 0)
            {
                arrivals.AddRange(Enumerable.Range(0, 4).Select(_ => now + random.NextDouble()).Where(at => at < end));
            }

            for (var at = now + Exponential(random, busy ? 3 : 120); at < end; at += Exponential(random, busy ? 3 : 120))
            {
                arrivals.Add(at);
            }

            (now, busy) = (end, !busy);
        }

        arrivals.Sort();
        return arrivals;
    }

    private static double Exponential(Random random, double mean) => -mean * Math.Log(1 - random.NextDouble());
}
