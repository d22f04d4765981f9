using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Installation;
using Pilotlight.Tool.Serving;
using Pilotlight.Tool.Settings;
using Spectre.Console;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight doctor</c>: what is there, what is missing, and what to do about it.</summary>
internal static class DoctorCommand
{
    private const long BytesOfAProcess = 160L * 1024 * 1024;

    private static readonly Option<bool> Json = new("--json") { Description = "One JSON document and nothing else." };

    public static Command Create()
    {
        var command = new Command("doctor", "Finds the CLI, its version, credentials, memory and limits; says what to do about each fault.")
        {
            Json, CommonOptions.Data,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var findings = await ExamineAsync(parsed.GetValue(CommonOptions.Data)!, cancellationToken);
            Print(findings, parsed.GetValue(Json));
            return findings.All(finding => finding.Ok) ? 0 : 1;
        });
        return command;
    }

    private sealed record Finding(string Name, bool Ok, string Value, string? Remedy = null);

    private static async Task<List<Finding>> ExamineAsync(string data, CancellationToken cancellationToken)
    {
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(Environment.CurrentDirectory, "appsettings.json"), optional: true)
            .AddEnvironmentVariables().Build();
        var faults = SettingsCheck.Faults(configuration);
        var findings = new List<Finding>
        {
            faults.Count == 0 ? new("settings", true, "valid") : new("settings", false, string.Join("; ", faults), "Correct them; the README lists the settings."),
        };
        var claude = new ClaudeOptions { HomeDirectory = Path.Combine(data, "claude") };
        if (faults.Count == 0)
        {
            configuration.GetSection(ClaudeOptions.Section).Bind(claude);
        }

        claude.ApiKey ??= Environment.GetEnvironmentVariable("ANTHROPIC_API_KEY");
        var options = Options.Create(claude);
        var path = new ClaudeCli(options).Find(out var problem);
        findings.Add(path is null ? new("cli", false, "not found", problem) : new("cli", true, path));
        if (path is not null)
        {
            findings.Add(await VersionAsync(path, cancellationToken));
        }

        findings.Add(new ClaudeHome(options).CredentialSource is { } source
            ? new("credentials", true, source)
            : new("credentials", false, "none", "Set ANTHROPIC_API_KEY, point Pilotlight:Claude:ConfigDirectory at a signed-in folder, or use --simulate."));
        findings.Add(Memory());
        findings.Add(Writable(data));
        return findings;
    }

    private static async Task<Finding> VersionAsync(string path, CancellationToken cancellationToken)
    {
        // An empty environment: a question about the version needs nothing of ours.
        var start = new ProcessStartInfo(path, "--version") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["HOME"] = Path.GetTempPath();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        try
        {
            using var process = Process.Start(start)!;
            var version = (await process.StandardOutput.ReadToEndAsync(limit.Token)).Trim();
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0
                ? new("version", true, version)
                : new("version", false, $"exit code {process.ExitCode}", "Install the CLI anew: npm install -g @anthropic-ai/claude-code.");
        }
        catch (Exception fault) when (fault is System.ComponentModel.Win32Exception or OperationCanceledException)
        {
            return new("version", false, fault.Message, "Install the CLI anew: npm install -g @anthropic-ai/claude-code.");
        }
    }

    private static Finding Memory()
    {
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var fit = available / BytesOfAProcess;
        var value = $"{available / (1024 * 1024)} MiB, room for about {fit} CLI processes; {Environment.ProcessorCount} processors";
        return fit >= 4 ? new("memory", true, value) : new("memory", false, value, "Lower Pilotlight:Pool:MinIdle and Pilotlight:Sessions:MaxHot.");
    }

    private static Finding Writable(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, $".probe-{Guid.NewGuid():N}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return new("data", true, folder);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return new("data", false, $"{folder}: {fault.Message}", "Choose another folder with --data, or correct its permissions.");
        }
    }

    private static void Print(List<Finding> findings, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { ok = findings.All(finding => finding.Ok), findings }, JsonSerializerOptions.Web));
            return;
        }

        foreach (var finding in findings)
        {
            AnsiConsole.MarkupLineInterpolated($"{(finding.Ok ? "ok " : "BAD")} [bold]{finding.Name}[/]: {finding.Value}");
            if (finding.Remedy is not null)
            {
                AnsiConsole.MarkupLineInterpolated($"    [yellow]{finding.Remedy}[/]");
            }
        }
    }
}
