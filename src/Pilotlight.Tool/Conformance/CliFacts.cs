using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Pilotlight.Tool.Conformance;

/// <summary>What a CLI says of itself: its version and the options its help lists.</summary>
internal sealed partial record CliFacts(string Version, IReadOnlySet<string> Options)
{
    /// <summary>Every option that we start it with.</summary>
    public static readonly string[] NeededOptions =
    [
        "--print", "--input-format", "--output-format", "--verbose", "--include-partial-messages", "--no-session-persistence",
        "--disable-slash-commands", "--setting-sources", "--strict-mcp-config", "--model", "--tools", "--permission-mode",
        "--allowedTools", "--mcp-config",
    ];

    /// <summary>Runs <c>--version</c> and <c>--help</c>.</summary>
    /// <exception cref="InvalidOperationException">It does not run.</exception>
    public static async Task<CliFacts> AskAsync(string cli, CancellationToken cancellationToken)
    {
        var version = await OutputAsync(cli, "--version", cancellationToken);
        var help = await OutputAsync(cli, "--help", cancellationToken);
        return new CliFacts(version.Trim(), Option().Matches(help).Select(match => match.Value).ToHashSet(StringComparer.Ordinal));
    }

    private static async Task<string> OutputAsync(string cli, string argument, CancellationToken cancellationToken)
    {
        // An empty environment: what it says of itself needs nothing of ours.
        var start = new ProcessStartInfo(cli, argument) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment.Clear();
        start.Environment["HOME"] = Path.GetTempPath();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CliUnderTest.Patience);
        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            try
            {
                var errors = process.StandardError.ReadToEndAsync(limit.Token);
                var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                return process.ExitCode == 0
                    ? output
                    : throw new InvalidOperationException($"'{cli} {argument}' ended with exit code {process.ExitCode}: {(await errors).Trim()}");
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                process.Kill();
                throw new InvalidOperationException($"'{cli} {argument}' did not end within {CliUnderTest.Patience.TotalSeconds} s.");
            }
        }
        catch (System.ComponentModel.Win32Exception fault)
        {
            throw new InvalidOperationException($"'{cli}' could not be run: {fault.Message}", fault);
        }
    }

    [GeneratedRegex(@"(?<![\w-])--[a-zA-Z][\w-]*")]
    private static partial Regex Option();
}
