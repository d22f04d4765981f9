using System.Text.Json;
using System.Xml.Linq;
using Pilotlight.Tool.Bench;

namespace Pilotlight.Tool.Tests;

/// <summary>What the bench makes of what it measured.</summary>
public sealed class BenchReportTests
{
    private static readonly BenchReport s_report = Report();

    [Fact]
    public void A_quantile_is_a_value_that_was_measured()
    {
        double[] values = [5, 1, 4, 2, 3];

        Assert.Equal([3, 5, 1, 5], [Quantiles.Median(values), Quantiles.P95(values), Quantiles.Of(values, 0), Quantiles.Of(values, 1)]);
        Assert.Equal(19, Quantiles.P95(Enumerable.Range(1, 20).Select(value => (double)value)));
        Assert.True(double.IsNaN(Quantiles.Median([])));
    }

    [Fact]
    public void All_are_compared_with_a_process_for_a_message()
    {
        using var json = JsonDocument.Parse(s_report.ToJson());
        var series = json.RootElement.GetProperty("series").EnumerateArray().ToDictionary(row => row.GetProperty("name").GetString()!);

        Assert.Equal((400, 1), (series["claude -p"].GetProperty("median").GetDouble(), series["claude -p"].GetProperty("ratioToCold").GetDouble()));
        Assert.Equal((20, 20), (series["hot"].GetProperty("median").GetDouble(), series["hot"].GetProperty("ratioToCold").GetDouble()));
        Assert.Equal(3, series["hot"].GetProperty("n").GetInt32());
        Assert.Equal("simulated", json.RootElement.GetProperty("model").GetString());
    }

    [Fact]
    public void The_page_needs_nothing_but_itself()
    {
        var page = HtmlReport.Write(s_report);

        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<link", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("prefers-color-scheme:dark", page, StringComparison.Ordinal);
        Assert.Contains("20.0x sooner", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_picture_is_sound_and_has_a_dot_for_every_run()
    {
        var picture = XDocument.Parse(HtmlReport.Picture(s_report));

        Assert.Equal(9, picture.Descendants().Count(element => element.Name.LocalName == "circle"));
        Assert.DoesNotContain("NaN", picture.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Stages_are_the_time_between_their_moments()
    {
        var stages = StageReport.OfGateway();
        stages.Add([1, 3, 20, 25, 26]);

        Assert.Equal([1, 2, 17, 5, 1], stages.Stages.Select(stage => stage.Milliseconds.Single()));
        Assert.Equal(26, stages.Median);
        Assert.Contains("| 17.00 ms | 17.00 | 65 % |", stages.ToMarkdown(), StringComparison.Ordinal);
    }

    private static BenchReport Report()
    {
        var cold = new Series("claude -p", WayKind.Cold, "a process for the message");
        var warm = new Series("warm", WayKind.Warm, "a new thread");
        var hot = new Series("hot", WayKind.Hot, "the next turn <of> that thread");
        foreach (var factor in new[] { 0.9, 1, 1.4 })
        {
            cold.Samples.Add(new Sample(400 * factor, 420 * factor));
            warm.Samples.Add(new Sample(80 * factor, 90 * factor));
            hot.Samples.Add(new Sample(20 * factor, 30 * factor));
        }

        return new BenchReport(
            new Machine("Linux 6.1", "x64", "A processor", 2, 24, ".NET 10", "2.1.330"), true, 3, DateTimeOffset.UnixEpoch, [cold, warm, hot], new ProcessCosts());
    }
}
