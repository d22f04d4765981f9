using System.Diagnostics;
using Pilotlight.Claude.Installation;

namespace Pilotlight.Tool.Bench;

/// <summary><c>claude -p</c>: a process for the message, which is what most wrappers do.</summary>
internal sealed class ClaudePrint(ClaudeHome home, string path)
{
    private static readonly string[] s_arguments =
    [
        "-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages", "--model", "sonnet", "--tools", "",
        "--strict-mcp-config", "--setting-sources", "", "--no-session-persistence", "--disable-slash-commands",
    ];

    public async Task<Sample> RunAsync(string question, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(path, s_arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = home.WorkingDirectory,
        };
        start.Environment.Clear();
        foreach (var (name, value) in home.CreateEnvironment())
        {
            start.Environment[name] = value;
        }

        var startedAt = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(question);
        process.StandardInput.Close();
        double? first = null;
        double end = 0;
        while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            end = Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
            if (line.Contains("\"text_delta\"", StringComparison.Ordinal))
            {
                first ??= end;
            }
        }

        await process.WaitForExitAsync(cancellationToken);
        return new Sample(first ?? throw new InvalidOperationException("'claude -p' gave no text."), end);
    }
}
