using System.Diagnostics;
using Pilotlight.Tool.Bench;

namespace Pilotlight.Peers;

/// <summary>One way to an answer, and how long its first token took, run by run.</summary>
/// <param name="Style">Its colour in the picture.</param>
internal sealed record Contestant(string Name, string Style, string Explanation, Func<Task<double>> RunAsync)
{
    public List<double> Milliseconds { get; } = [];

    public double Median => Quantiles.Median(Milliseconds);
}

/// <summary>The CLI, where it finds the API, and a home of its own.</summary>
/// <param name="Trusted">The file with the API's certificate; null without TLS.</param>
internal sealed record CliUnderTest(string Path, string Api, string Home, string? Trusted = null)
{
    public const string Question = "Say something short.";

    /// <summary>A text-mode process: it takes its prompt from stdin, to the end.</summary>
    public Process StartTextMode()
    {
        var start = new ProcessStartInfo(Path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Home,
        };
        string[] arguments =
        [
            "-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages", "--model", "sonnet", "--tools", "",
            "--strict-mcp-config", "--setting-sources", "", "--no-session-persistence", "--disable-slash-commands",
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["HOME"] = Home,
            ["PATH"] = "/usr/bin:/bin",
            ["ANTHROPIC_BASE_URL"] = Api,
            ["ANTHROPIC_API_KEY"] = "simulated",
            ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1",
            ["DISABLE_AUTOUPDATER"] = "1",
            ["DISABLE_TELEMETRY"] = "1",
            ["DISABLE_ERROR_REPORTING"] = "1",
        })
        {
            start.Environment[name] = value;
        }

        if (Trusted is not null)
        {
            start.Environment["NODE_EXTRA_CA_CERTS"] = Trusted;
        }

        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Gives a text-mode process its prompt; milliseconds to its first text since <paramref name="startedAt"/>, or null when it had none.</summary>
    public static async Task<double?> AskAsync(Process process, long startedAt)
    {
        double? first = null;
        try
        {
            await process.StandardInput.WriteAsync(Question);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            return null;
        }

        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (first is null && line.Contains("\"text_delta\"", StringComparison.Ordinal))
            {
                first = Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
            }
        }

        await process.WaitForExitAsync();
        return first;
    }
}

/// <summary>What most wrappers do.</summary>
internal static class ColdPrint
{
    public static async Task<double> RunAsync(CliUnderTest machine)
    {
        var startedAt = Stopwatch.GetTimestamp();
        using var process = machine.StartTextMode();
        return await CliUnderTest.AskAsync(process, startedAt) ?? throw new InvalidOperationException("'claude -p' gave no text.");
    }
}
