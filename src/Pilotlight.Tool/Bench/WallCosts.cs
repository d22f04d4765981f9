using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Pilotlight.Tool.Bench;

/// <summary>What walls cost: figures of walled processes beside those of plain ones, taken in the same run.</summary>
internal sealed class WallCosts
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>What is measured, each with its unit.</summary>
    public IReadOnlyList<WallCost> Rows { get; } =
    [
        new("a process is started and initialized", "ms"), new("first token of its first turn", "ms"), new("first token of the next turn", "ms"), new("memory after two turns (PSS, all its processes)", "MiB"),
    ];

    /// <summary>Adds what one process was measured at, in the order of the rows; memory is null where it is not known.</summary>
    public void Add(bool isWalled, double started, double first, double next, double? memory)
    {
        foreach (var (row, figure) in Rows.Zip(new double?[] { started, first, next, memory }))
        {
            if (figure is { } known)
            {
                (isWalled ? row.Walled : row.Plain).Add(known);
            }
        }
    }

    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            rows = Rows.Select(row => new
            {
                row.Name, row.Unit, n = row.Walled.Count, plain = Quantiles.Median(row.Plain), walled = Quantiles.Median(row.Walled), plainP95 = Quantiles.P95(row.Plain), walledP95 = Quantiles.P95(row.Walled),
                difference = row.Difference,
            }),
        },
        s_json);

    public string ToMarkdown()
    {
        var text = new StringBuilder()
            .AppendLine("| behind walls (`Sandbox: Full`) and without | plain | p95 | walled | p95 | difference | n |")
            .AppendLine("| --- | --: | --: | --: | --: | --: | --: |");
        foreach (var row in Rows)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {row.Name} | {Quantiles.Median(row.Plain):0.0} {row.Unit} | {Quantiles.P95(row.Plain):0.0} | {Quantiles.Median(row.Walled):0.0} {row.Unit} | {Quantiles.P95(row.Walled):0.0} | {row.Difference:+0.0;-0.0;0.0} {row.Unit} | {row.Walled.Count} |");
        }

        return text.ToString();
    }
}

/// <summary>One figure, plain and walled.</summary>
internal sealed record WallCost(string Name, string Unit)
{
    public List<double> Plain { get; } = [];

    public List<double> Walled { get; } = [];

    /// <summary>Of the medians.</summary>
    public double Difference => Quantiles.Median(Walled) - Quantiles.Median(Plain);
}
