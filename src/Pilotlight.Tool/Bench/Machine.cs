using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Pilotlight.Tool.Bench;

/// <summary>The machine as far as figures depend on it, and nothing that would tell whose it is.</summary>
internal sealed record Machine(string System, string Architecture, string? Processor, int Processors, double MemoryGiB, string Runtime, string Cli)
{
    public static async Task<Machine> DescribeAsync(string cli, CancellationToken cancellationToken) => new(
        OperatingSystem.IsLinux() ? "Linux " + Environment.OSVersion.Version.ToString(2) : RuntimeInformation.OSDescription,
        RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
        await ProcessorAsync(cancellationToken),
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024), 1),
        RuntimeInformation.FrameworkDescription,
        await VersionAsync(cli, cancellationToken));

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Processors} processors{(Processor is null ? "" : $" ({Processor})")}, {MemoryGiB:0} GiB, {System} {Architecture}, {Runtime}, Claude Code CLI {Cli}");

    private static async Task<string?> ProcessorAsync(CancellationToken cancellationToken)
    {
        const string Name = "model name";
        if (!File.Exists("/proc/cpuinfo"))
        {
            return null;
        }

        var lines = await File.ReadAllLinesAsync("/proc/cpuinfo", cancellationToken);
        return Array.Find(lines, line => line.StartsWith(Name, StringComparison.Ordinal))?.Split(':', 2)[1].Trim();
    }

    private static async Task<string> VersionAsync(string cli, CancellationToken cancellationToken)
    {
        // An empty environment: a question about the version needs nothing of ours.
        var start = new ProcessStartInfo(cli, "--version") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["HOME"] = Path.GetTempPath();
        using var process = Process.Start(start)!;
        var version = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return version.Split(' ')[0].Trim();
    }
}
