using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary><c>pilotlight bench</c> on the real CLI: that it measures what it says, not how much.</summary>
public sealed class BenchTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pilotlight-e2e-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task It_measures_every_way_and_writes_a_page_of_it()
    {
        var page = Path.Combine(_folder.FullName, "report.html");

        var (exitCode, output, error) = await GatewayProcess.RunAsync(["bench", "--runs", "1", "--json", "-", "--html", page], Token);

        Assert.True(exitCode == 0, error);
        using var figures = JsonDocument.Parse(output);
        var series = figures.RootElement.GetProperty("series").EnumerateArray().ToDictionary(row => row.GetProperty("name").GetString()!);
        Assert.Equal(["HTTP", "claude -p", "cold", "hot", "stored 20", "stored 20, ahead", "stored 200", "stored 5", "warm"], series.Keys.Order(StringComparer.Ordinal));
        Assert.All(series.Values, row => Assert.InRange(row.GetProperty("median").GetDouble(), 0.01, row.GetProperty("endMedian").GetDouble()));
        Assert.InRange(figures.RootElement.GetProperty("process").GetProperty("parkedPssMiB").GetProperty("median").GetDouble(), 10, 2000);
        Assert.EndsWith("</html>", (await File.ReadAllTextAsync(page, Token)).TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_asks_a_real_model_only_when_its_cost_is_agreed_to()
    {
        var (exitCode, output, error) = await GatewayProcess.RunAsync(["bench", "--runs", "9", "--real"], Token);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("asks the real model 80 times, about", error, StringComparison.Ordinal);
        Assert.Contains("--yes", error, StringComparison.Ordinal);
    }
}
