using System.Globalization;
using System.Text.Json;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;
using Pilotlight.Microbenchmarks;

// microbenchmarks [--quick] [--only NAME] [--json FILE] [--markdown FILE]: the hot paths by BenchmarkDotNet.
string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

var quick = args.Contains("--quick");

// In this process: what is measured is allocation and ratio, and a build for each benchmark would take minutes.
var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance);
job = quick ? job.WithWarmupCount(3).WithIterationCount(5).WithIterationTime(TimeInterval.FromMilliseconds(150)) : job.WithIterationTime(TimeInterval.FromMilliseconds(250));
var single = Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
    .WithInvocationCount(Acquiring.Leases).WithUnrollFactor(1).WithWarmupCount(2).WithIterationCount(quick ? 5 : 20);

List<Row> rows = [];
foreach (var (type, how) in new[] { (typeof(Parsing), job), (typeof(Writing), job), (typeof(Appending), job), (typeof(Acquiring), single) })
{
    if (Option("--only") is { } only && !type.Name.Contains(only, StringComparison.OrdinalIgnoreCase))
    {
        continue;
    }

    var config = ManualConfig.CreateEmpty().AddJob(how).AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogger(NullLogger.Instance).WithOptions(ConfigOptions.DisableLogFile);
    Console.Error.WriteLine($"{type.Name} …");
    rows.AddRange(BenchmarkRunner.Run(type, config).Reports.Select(Row.From));
}

if (rows.Count == 0 || rows.Exists(row => double.IsNaN(row.MedianNs)))
{
    Console.Error.WriteLine("A benchmark gave no figures.");
    return 1;
}

var table = "| | median | spread (σ) | allocated | rate |\n| --- | --- | --- | --- | --- |\n" + string.Join('\n', rows.Select(row => row.ToMarkdown())) + "\n";
Console.Write(table);
if (Option("--markdown") is { } markdown)
{
    await File.WriteAllTextAsync(markdown, table);
}

if (Option("--json") is { } json)
{
    await File.WriteAllTextAsync(json, JsonSerializer.Serialize(rows, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true }));
}

return 0;

/// <summary>One benchmark's figures.</summary>
internal sealed record Row(string Name, string Description, double MedianNs, double DeviationNs, long? AllocatedBytes, double? MegabytesPerSecond)
{
    public static Row From(BenchmarkReport report)
    {
        var descriptor = report.BenchmarkCase.Descriptor;
        var name = descriptor.WorkloadMethod.Name;
        var median = report.ResultStatistics?.Median ?? double.NaN;
        return new Row(
            name,
            descriptor.WorkloadMethodDisplayInfo.Trim('\''),
            median,
            report.ResultStatistics?.StandardDeviation ?? double.NaN,
            report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase),
            Parsing.Bytes.TryGetValue(name, out var bytes) ? bytes / median * 1e9 / 1e6 : null);
    }

    public string ToMarkdown() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Description} | {Time(MedianNs)} | {Time(DeviationNs)} | {AllocatedBytes:N0} bytes | {(MegabytesPerSecond is { } rate ? rate.ToString("0", CultureInfo.InvariantCulture) + " MB/s" : "")} |");

    private static string Time(double nanoseconds) => nanoseconds switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds:0} ns"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1000:0.0} µs"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1_000_000:0.00} ms"),
    };
}
