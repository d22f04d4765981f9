using System.Diagnostics;
using Pilotlight.Claude.Installation;

namespace Pilotlight.Tool.Doctor;

/// <summary>Whether there is a CLI, which one, and whether it can do what is asked of it.</summary>
internal static class CliCheck
{
    private const string Remedy = "Install the CLI anew: npm install -g @anthropic-ai/claude-code.";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    public static async Task<IReadOnlyList<Finding>> RunAsync(ClaudeCli cli, ClaudeHome home, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        var path = cli.Find(out var problem);
        findings.Add(path is null ? new Finding("cli", false, "not found", problem) : new Finding("cli", true, path));
        if (path is not null)
        {
            findings.AddRange(await AbilityAsync(path, cancellationToken));
        }

        findings.Add(home.CredentialSource is { } source
            ? new Finding("credentials", true, source)
            : new Finding("credentials", false, "none", "Set ANTHROPIC_API_KEY, point Pilotlight:Claude:ConfigDirectory at a signed-in folder, or use --simulate."));
        return findings;
    }

    private static async Task<IEnumerable<Finding>> AbilityAsync(string path, CancellationToken cancellationToken)
    {
        var version = await AskAsync(path, "--version", cancellationToken);
        if (version.ExitCode != 0)
        {
            return [new("version", false, version.Output.Trim(), Remedy)];
        }

        var help = await AskAsync(path, "--help", cancellationToken);
        var able = ClaudeCapabilities.Read(path, version.Output, help.Output);
        var isNewEnough = able.Version >= ClaudeCapabilities.LeastVersion;
        return
        [
            new("version", isNewEnough, version.Output.Trim(), isNewEnough ? null : able.Problem),
            help.ExitCode != 0 ? new("capabilities", false, help.Output.Trim(), Remedy)
                : able.Problem is null ? new("capabilities", true, "takes text as text, stays warm over stream-json, streams partial messages, keeps no sessions of its own")
                : new("capabilities", false, isNewEnough ? $"it does not know {string.Join(", ", able.MissingOptions)}" : "not to be used", able.Problem),
        ];
    }

    // An empty environment: such questions need nothing of ours, no key above all.
    private static async Task<(int ExitCode, string Output)> AskAsync(string path, string question, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(path, question) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["HOME"] = Path.GetTempPath();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_limit);
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            try
            {
                var error = process.StandardError.ReadToEndAsync(limit.Token);
                var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                return (process.ExitCode, process.ExitCode == 0 ? output : $"exit code {process.ExitCode}: {await error}");
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                cancellationToken.ThrowIfCancellationRequested();
                return (-1, $"it did not answer {question} in {s_limit.TotalSeconds:0} s");
            }
        }
        catch (System.ComponentModel.Win32Exception fault)
        {
            return (-1, fault.Message);
        }
    }
}
