using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;

namespace Pilotlight.Claude.Installation;

/// <summary>Asks each binary once what it can do.</summary>
internal static class CapabilityProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private static readonly ConcurrentDictionary<BinaryStamp, Lazy<Task<ClaudeCapabilities>>> Answers = new();

    public static async Task<ClaudeCapabilities> AskAsync(string path, ClaudeHome home, TimeProvider time)
    {
        var stamp = BinaryStamp.Of(path);
        var asked = Answers.GetOrAdd(stamp, _ => new Lazy<Task<ClaudeCapabilities>>(() => ReadAsync(path, home, time)));
        var answer = await asked.Value;
        if (answer.Version is null)
        {
            // Perhaps only the machine was too busy.
            Answers.TryRemove(KeyValuePair.Create(stamp, asked));
        }

        return answer;
    }

    private static async Task<ClaudeCapabilities> ReadAsync(string path, ClaudeHome home, TimeProvider time)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            var environment = home.CreateEnvironmentWithoutCredentials();
            var answers = await Task.WhenAll(
                RunAsync(path, "--version", environment, limit.Token), RunAsync(path, "--help", environment, limit.Token));
            return ClaudeCapabilities.Read(path, answers[0], answers[1]);
        }
        catch (OperationCanceledException)
        {
            return ClaudeCapabilities.Silent(path, $"it did not answer --version and --help within {Limit.TotalSeconds:0} s");
        }
        catch (Exception fault) when (fault is Win32Exception or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return ClaudeCapabilities.Silent(path, fault.Message);
        }
    }

    private static async Task<string> RunAsync(
        string path, string question, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(path, question)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = environment["HOME"],
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        try
        {
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode == 0)
            {
                return output;
            }

            var told = ClaudeCapabilities.Shorten(await errors);
            throw new InvalidOperationException($"{question} ended with exit code {process.ExitCode}{(told.Length > 0 ? ": " + told : "")}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
