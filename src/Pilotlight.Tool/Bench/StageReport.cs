using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Pilotlight.Tool.Bench;

/// <summary>A part of a hot turn's way to its first text.</summary>
internal sealed record Stage(string Name, string Where)
{
    public List<double> Milliseconds { get; } = [];
}

/// <summary>Where hot turns spent their time until their first text.</summary>
internal sealed class StageReport
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly List<double> _whole = [];
    private readonly List<double> _floor = [];

    public IReadOnlyList<Stage> Stages { get; } =
    [
        new("the request reaches the gateway", "client and HTTP"),
        new("the turn is admitted, stored and given its process", "gateway and SQLite"),
        new("the CLI takes the prompt and asks the API", "CLI"),
        new("the API's first text comes back through the CLI", "CLI and simulated API"),
        new("the text is stored, sent and read", "gateway, SQLite, HTTP"),
    ];

    /// <summary>Adds a turn: the moments between its stages, in milliseconds since it was asked for; the last is its first text.</summary>
    public void Add(IReadOnlyList<double> moments)
    {
        var before = 0.0;
        for (var i = 0; i < Stages.Count; i++)
        {
            Stages[i].Milliseconds.Add(moments[i] - before);
            before = moments[i];
        }

        _whole.Add(before);
    }

    public void AddFloor(Sample sample) => _floor.Add(sample.FirstTokenMs);

    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            unit = "ms",
            n = _whole.Count,
            hotMedian = Quantiles.Median(_whole),
            hotP95 = Quantiles.P95(_whole),
            floorMedian = Quantiles.Median(_floor),
            stages = Stages.Select(stage => new { stage.Name, stage.Where, median = Quantiles.Median(stage.Milliseconds), p95 = Quantiles.P95(stage.Milliseconds) }),
        },
        s_json);

    public string ToMarkdown()
    {
        var whole = Stages.Sum(stage => Quantiles.Median(stage.Milliseconds));
        var text = new StringBuilder()
            .AppendLine("| of a hot turn | where | median | p95 | share |")
            .AppendLine("| --- | --- | --: | --: | --: |");
        foreach (var stage in Stages)
        {
            var median = Quantiles.Median(stage.Milliseconds);
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {stage.Name} | {stage.Where} | {median:0.00} ms | {Quantiles.P95(stage.Milliseconds):0.00} | {median / whole * 100:0} % |");
        }

        return text
            .AppendLine(CultureInfo.InvariantCulture, $"| **to the first text** | | **{Quantiles.Median(_whole):0.00} ms** | {Quantiles.P95(_whole):0.00} | n {_whole.Count} |")
            .AppendLine(CultureInfo.InvariantCulture, $"| the floor: the simulated API by plain HTTP | | {Quantiles.Median(_floor):0.00} ms | {Quantiles.P95(_floor):0.00} | |")
            .ToString();
    }
}
