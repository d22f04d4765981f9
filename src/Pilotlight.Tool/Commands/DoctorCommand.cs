using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Installation;
using Pilotlight.Tool.Cli;
using Pilotlight.Tool.Doctor;
using Pilotlight.Tool.Settings;
using Pilotlight.Wire;
using Spectre.Console;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight doctor</c>: what is there, what is missing, and what to do about it.</summary>
internal static class DoctorCommand
{
    private static readonly Option<bool> Json = new("--json") { Description = "One JSON document and nothing else." };

    private static readonly Option<bool> Cluster = new("--cluster") { Description = "Looks at what a node of a cluster needs as well, and at which nodes there are." };

    public static Command Create()
    {
        var command = new Command("doctor", "Finds the CLI, its version and capabilities, credentials, upstreams, memory and limits; says what to do about each fault.")
        {
            Json, CommonOptions.Data, Cluster,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var findings = await ExamineAsync(parsed.GetValue(CommonOptions.Data)!, parsed.GetValue(Cluster), cancellationToken);
            Print(findings, parsed.GetValue(Json));
            return findings.All(finding => finding.Ok) ? 0 : 1;
        });
        return command;
    }

    private static async Task<List<Finding>> ExamineAsync(string data, bool isNode, CancellationToken cancellationToken)
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
        var wire = new WireOptions();
        if (faults.Count == 0)
        {
            configuration.GetSection(ClaudeOptions.Section).Bind(claude);
            configuration.GetSection(WireOptions.Section).Bind(wire);
        }

        claude.Path = claude.Path is { Length: > 0 } named ? named : new CliSetup(data).Installed;
        claude.ApiKey ??= Environment.GetEnvironmentVariable("ANTHROPIC_API_KEY");
        claude.BaseUrl ??= Environment.GetEnvironmentVariable("ANTHROPIC_BASE_URL");
        var options = Options.Create(claude);
        findings.AddRange(await CliCheck.RunAsync(new ClaudeCli(options), new ClaudeHome(options), UpstreamCheck.KeySource(wire), cancellationToken));
        findings.AddRange(await UpstreamCheck.RunAsync(wire, claude, cancellationToken));
        findings.AddRange(MachineCheck.Run(data));
        if (isNode)
        {
            findings.AddRange(await ClusterCheck.RunAsync(configuration, cancellationToken));
        }

        return findings;
    }

    private static void Print(List<Finding> findings, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { ok = findings.All(finding => finding.Ok), findings }, JsonSerializerOptions.Web));
            return;
        }

        // Whole lines in a pipe: Spectre would break them at 80 columns.
        if (Console.IsOutputRedirected)
        {
            foreach (var finding in findings)
            {
                Console.WriteLine($"{(finding.Ok ? "ok " : "BAD")} {finding.Name}: {finding.Value}{(finding.Remedy is null ? "" : $" -> {finding.Remedy}")}");
            }

            return;
        }

        var table = new Table().Border(TableBorder.None).HideHeaders().AddColumn("").AddColumn("").AddColumn("");
        foreach (var finding in findings)
        {
            table.AddRow(
                new Markup(finding.Ok ? "[green]✓[/]" : "[red]✗[/]"),
                new Markup($"[bold]{finding.Name}[/]"),
                new Markup(Markup.Escape(finding.Value) + (finding.Remedy is null ? "" : $"\n[yellow]→ {Markup.Escape(finding.Remedy)}[/]")));
        }

        AnsiConsole.Write(table);
        var bad = findings.Count(finding => !finding.Ok);
        AnsiConsole.MarkupLine(bad == 0 ? "[green]All is well.[/]" : $"[red]{bad} to mend.[/]");
    }
}
