using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Pilotlight.Tool.Bench;

/// <summary>What a run of the bench found.</summary>
internal sealed record BenchReport(
    Machine Machine, bool IsSimulated, int Runs, DateTimeOffset At, IReadOnlyList<Series> Series, ProcessCosts Process)
{
    // What a person takes for at once.
    private const double ReadyMs = 100;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>What all are compared with.</summary>
    public Series Baseline => Series[0];

    public double Ratio(Series series) => Baseline.Median / series.Median;

    /// <summary>One JSON document.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            unit = "ms",
            model = IsSimulated ? "simulated" : "real",
            at = At,
            runs = Runs,
            machine = Machine,
            baseline = Baseline.Name,
            series = Series.Select(row => new
            {
                row.Name,
                row.Explanation,
                row.Idle,
                n = row.Samples.Count,
                median = Round(row.Median),
                p95 = Round(Quantiles.P95(row.FirstTokens)),
                endMedian = Round(Quantiles.Median(row.Ends)),
                endP95 = Round(Quantiles.P95(row.Ends)),
                ratioToCold = Round(Ratio(row)),
                firstTokenMs = row.FirstTokens.Select(Round),
                endMs = row.Ends.Select(Round),
            }),
            process = new
            {
                startMs = Spread(Process.StartMs),
                warmUpMs = Spread(Process.WarmUpMs),
                parkedPssMiB = Spread(Process.ParkedMiB),
                hotPssMiB = Spread(Process.HotMiB),
            },
            readyWithin100MsPerGiB = Density() is { } density ? Round(density) : null,
        },
        s_json);

    /// <summary>The table as Markdown, which is plain text as well.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder()
            .AppendLine("| | silent before | first token: median | p95 | end: median | p95 | sooner than `claude -p` | n | |")
            .AppendLine("| --- | --- | --: | --: | --: | --: | --: | --: | --- |");
        foreach (var row in Series)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {row.Name} | {row.Idle} | {Number(row.Median)} ms | {Number(Quantiles.P95(row.FirstTokens))} | {Number(Quantiles.Median(row.Ends))} | {Number(Quantiles.P95(row.Ends))} | {Number(Ratio(row))}x | {row.Samples.Count} | {row.Explanation} |");
        }

        text.AppendLine();
        foreach (var fact in Facts())
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"- {fact}");
        }

        return text.ToString();
    }

    /// <summary>What a process costs, and on what all of it was measured; one sentence each.</summary>
    public IEnumerable<string> Facts()
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"A process: {Quantiles.Median(Process.StartMs):0.0} ms to start, {Quantiles.Median(Process.WarmUpMs):0} ms more until it is warm (p95 {Quantiles.P95(Process.WarmUpMs):0}).");
        if (Process.ParkedMiB.Count > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"Its memory (PSS): {Quantiles.Median(Process.ParkedMiB):0} MiB parked, {Quantiles.Median(Process.HotMiB):0} MiB with a conversation of two turns in it; a cold conversation has none.");
        }

        if (Density() is { } density)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"Ready within {ReadyMs} ms, a GiB: {density:0.0} hot conversations. A stored one takes no memory until it is asked, and then a parked process.");
        }

        yield return $"Measured on {Machine}, {(IsSimulated ? "against the simulated model, which answers at once" : "against a real model")}; {Runs} rounds, each way in turn within a round.";
    }

    /// <summary>Hot conversations that a GiB holds, where their next turn comes in time to count as ready; null where it does not.</summary>
    public double? Density() => Process.HotMiB.Count > 0 && Series.FirstOrDefault(row => row.Kind == WayKind.Hot) is { Median: <= ReadyMs }
        ? 1024 / Quantiles.Median(Process.HotMiB)
        : null;

    public static string Number(double value) => value.ToString(value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture);

    private static object Spread(List<double> values) => new
    {
        n = values.Count, median = Round(Quantiles.Median(values)), p95 = Round(Quantiles.P95(values)), values = values.Select(Round),
    };

    private static double? Round(double value) => double.IsFinite(value) ? Math.Round(value, 2) : null;
}
