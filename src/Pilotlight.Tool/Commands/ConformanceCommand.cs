using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Installation;
using Pilotlight.Tool.Cli;
using Pilotlight.Tool.Conformance;
using Pilotlight.Tool.Serving;
using Spectre.Console;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight conformance</c>: whether the installed CLI still does what we rely on.</summary>
internal static class ConformanceCommand
{
    private static readonly Option<bool> Json = new("--json") { Description = "One JSON document and nothing else." };

    private static readonly Option<string?> Cli = new("--cli") { Description = "The CLI's binary. Default: the one that serve would use." };

    private static readonly Option<bool> Straight = new("--straight") { Description = "The CLI calls the simulator by itself, and not through the relay as with serve." };

    private static readonly Option<string?> Record = new("--record") { Description = "Writes what the CLI printed, a file for each check, into this folder." };

    public static Command Create()
    {
        var command = new Command("conformance", "Runs the protocol against the installed CLI and says what differs. Needs no key and costs nothing.") { Json, Cli, Straight, Record };
        command.SetAction((parsed, cancellationToken) =>
            RunAsync(parsed.GetValue(Cli), parsed.GetValue(Straight), parsed.GetValue(Json), parsed.GetValue(Record), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? named, bool isStraight, bool json, string? folder, CancellationToken cancellationToken)
    {
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(Environment.CurrentDirectory, "appsettings.json"), optional: true)
            .AddEnvironmentVariables().Build();
        var configured = named ?? (configuration[$"{ClaudeOptions.Section}:Path"] is { Length: > 0 } set ? set : new CliSetup(ServeSettings.DefaultData).Installed);
        var path = new ClaudeCli(Options.Create(new ClaudeOptions { Path = configured })).Find(out var problem);
        if (path is null)
        {
            Console.Error.WriteLine(problem + CliSetup.Offer(path));
            return 1;
        }

        try
        {
            var report = await ConformanceReport.CreateAsync(path, isStraight, outcome =>
            {
                if (!json)
                {
                    Print(outcome);
                }
            }, cancellationToken);
            if (json)
            {
                Console.WriteLine(JsonSerializer.Serialize(report, JsonSerializerOptions.Web));
            }
            else
            {
                Print(report);
            }

            await WriteAsync(report, folder, cancellationToken);
            return report.Ok ? 0 : 1;
        }
        catch (InvalidOperationException fault)
        {
            Console.Error.WriteLine(fault.Message);
            return 1;
        }
    }

    private static void Print(CheckOutcome outcome)
    {
        AnsiConsole.MarkupLineInterpolated($"{(outcome.Difference is null ? "ok  " : "DIFF")} [bold]{outcome.Name}[/] [grey]{outcome.Expectation}[/]");
        if (outcome.Difference is not null)
        {
            AnsiConsole.MarkupLineInterpolated($"     [yellow]{outcome.Difference}[/]");
        }
    }

    private static void Print(ConformanceReport report)
    {
        foreach (var kind in report.UnknownLines)
        {
            AnsiConsole.MarkupLineInterpolated($"new  [bold]{kind}[/] [grey]a kind of line that is not known here; it breaks nothing[/]");
        }

        AnsiConsole.MarkupLineInterpolated(
            $"{report.Version}: {report.Checks.Count(check => check.Difference is null)} of {report.Checks.Count} as expected, {report.Seconds} s");
    }

    private static async Task WriteAsync(ConformanceReport report, string? folder, CancellationToken cancellationToken)
    {
        if (folder is null)
        {
            return;
        }

        Directory.CreateDirectory(folder);
        foreach (var check in report.Checks.Where(check => check.Lines.Count > 0))
        {
            await File.WriteAllLinesAsync(Path.Combine(folder, check.Name + ".jsonl"), Transcript.Scrub(check.Lines), cancellationToken);
        }
    }
}
