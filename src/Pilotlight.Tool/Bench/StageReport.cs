using System.Globalization;
using System.Text;

namespace Pilotlight.Tool.Bench;

/// <summary>A part of a hot turn's way to its first text.</summary>
internal sealed record Stage(string Name, string Where)
{
    public List<double> Milliseconds { get; } = [];
}

/// <summary>Where turns spent their time until their first text.</summary>
/// <param name="title">Whose turns.</param>
internal sealed class StageReport(string title, params IReadOnlyList<Stage> stages)
{
    private readonly List<double> _whole = [];

    /// <summary>A turn through the gateway.</summary>
    public static StageReport OfGateway() => new(
        "of a hot turn",
        new("the request reaches the gateway", "client and HTTP"),
        new("the turn is admitted, stored and given its process", "gateway and SQLite"),
        new("the CLI takes the prompt and asks the API", "CLI"),
        new("the API's first text comes back through the CLI", "CLI and simulated API"),
        new("the text is stored, sent and read", "gateway, SQLite, HTTP"));

    /// <summary>A turn over the CLI's pipes alone.</summary>
    public static StageReport OfCli() => new(
        "of that, the CLI by itself",
        new("from the prompt to its first word, `system/init`", "CLI"),
        new("from there to its request's being read by the API", "CLI"),
        new("from the request to the message's start", "CLI and simulated API"),
        new("from there to the first text", "CLI and simulated API"));

    public IReadOnlyList<Stage> Stages => stages;

    public double Median => Quantiles.Median(_whole);

    /// <summary>Adds a turn: the moments between its stages, in milliseconds since it was asked for; the last is its first text.</summary>
    public void Add(IReadOnlyList<double> moments)
    {
        var before = 0.0;
        for (var i = 0; i < stages.Count; i++)
        {
            stages[i].Milliseconds.Add(moments[i] - before);
            before = moments[i];
        }

        _whole.Add(before);
    }

    public object ToJson() => new
    {
        title,
        n = _whole.Count,
        median = Median,
        p95 = Quantiles.P95(_whole),
        stages = stages.Select(stage => new { stage.Name, stage.Where, median = Quantiles.Median(stage.Milliseconds), p95 = Quantiles.P95(stage.Milliseconds) }),
    };

    public string ToMarkdown()
    {
        var text = new StringBuilder()
            .AppendLine(CultureInfo.InvariantCulture, $"| {title} | where | median | p95 | share |")
            .AppendLine("| --- | --- | --: | --: | --: |");
        foreach (var stage in stages)
        {
            var median = Quantiles.Median(stage.Milliseconds);
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {stage.Name} | {stage.Where} | {median:0.00} ms | {Quantiles.P95(stage.Milliseconds):0.00} | {median / stages.Sum(one => Quantiles.Median(one.Milliseconds)) * 100:0} % |");
        }

        return text
            .AppendLine(CultureInfo.InvariantCulture, $"| **to the first text** | | **{Median:0.00} ms** | {Quantiles.P95(_whole):0.00} | n {_whole.Count} |")
            .ToString();
    }
}
