using System.Diagnostics;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Sandbox;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sandbox;

/// <summary>A model that means ill, with every built-in tool that touches the machine, behind each kind of walls.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class EscapeTests
{
    private const string Key = "sk-ant-not-a-real-key";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_gets_out_of_full_walls()
    {
        var gotOut = await TryAsync(SandboxMode.Full, harmlessOnly: false);

        Assert.Empty(gotOut);
    }

    [Fact]
    public async Task What_gets_past_the_walls_around_files_is_what_the_documentation_says()
    {
        var gotOut = await TryAsync(SandboxMode.Files, harmlessOnly: false);

        Assert.Equal(Documented().Order(), gotOut.Order());
    }

    /// <summary>The attempts are real ones: without walls they succeed, those that may be tried.</summary>
    [Fact]
    public async Task Without_walls_every_attempt_that_may_be_tried_succeeds()
    {
        using var target = new EscapeTarget();
        var harmless = EscapeAttempts.All(target, target.Folder).Where(attempt => attempt.IsHarmless).Select(attempt => attempt.Name);

        var gotOut = await TryAsync(SandboxMode.None, harmlessOnly: true);

        Assert.Equal(harmless.Order(), gotOut.Order());
    }

    /// <summary>A server that is root makes other walls than one that is not.</summary>
    [Fact]
    public async Task All_of_it_holds_for_another_user_too()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("Only root can run the suite as another user.");
        }

        var home = Directory.CreateTempSubdirectory("pilotlight-other-");
        try
        {
            File.SetUnixFileMode(home.FullName, (UnixFileMode)0b111_111_111);
            var start = new ProcessStartInfo(
                "setpriv",
                [
                    "--reuid", "4711", "--regid", "4711", "--clear-groups", "--inh-caps=-all", Environment.ProcessPath!, typeof(EscapeTests).Assembly.Location,
                    "--progress", "off", "--ansi", "off", "--filter-method", "*Nothing_gets_out*", "--filter-method", "*What_gets_past*", "--results-directory", home.FullName,
                ])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = home.FullName,
            };
            start.Environment["HOME"] = start.Environment["TMPDIR"] = start.Environment["DOTNET_CLI_HOME"] = home.FullName;
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) != "dotnet")
            {
                start.ArgumentList.Remove(typeof(EscapeTests).Assembly.Location);
            }

            using var suite = Process.Start(start)!;
            var (words, errors) = (suite.StandardOutput.ReadToEndAsync(Token), suite.StandardError.ReadToEndAsync(Token));
            await suite.WaitForExitAsync(Token);

            Assert.True(suite.ExitCode == 0 && (await words).Contains("succeeded: 2", StringComparison.Ordinal), await words + await errors);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    private static async Task<IReadOnlyList<string>> TryAsync(SandboxMode mode, bool harmlessOnly)
    {
        Skip.WithoutWalls(mode);
        using var target = new EscapeTarget();
        var workspace = Directory.CreateDirectory(Path.Combine(target.Folder, "work"));
        IReadOnlyList<ToolFinished> results;
        List<EscapeAttempt> attempts;
        await using (var host = await ClaudeHost.StartAsync(claude =>
        {
            var profile = WalledTests.Profile(mode);
            profile.Limits.Processes = EscapeAttempts.Processes;
            profile.Limits.Memory = EscapeAttempts.Memory;
            profile.Limits.Temporary = EscapeAttempts.Temporary;
            profile.WorkingDirectory = mode == SandboxMode.None ? workspace.FullName : null;
            claude.Profiles["agent"] = profile;
        }))
        {
            attempts = [.. EscapeAttempts.All(target, Path.Combine(host.Home, "tmp")).Where(attempt => attempt.IsHarmless || !harmlessOnly)];
            foreach (var attempt in attempts)
            {
                host.Simulator.Enqueue(Scenario.ToolUses(attempt.Call));
            }

            host.Simulator.Enqueue(Scenario.Answer("done"));
            var events = await host.RunAsync(new Conversation { Id = "c", Profile = "agent" }, "go", Token);
            Assert.IsType<TurnCompleted>(events[^1]);
            results = [.. events.OfType<ToolFinished>()];
            Assert.Equal(attempts.Count, results.Count);
        }

        foreach (var (attempt, result) in attempts.Zip(results))
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{attempt.Name}: {(result.IsError ? "refused" : "done")}, {result.Summary}");
        }

        if (mode != SandboxMode.None)
        {
            Assert.True(attempts.Count >= 50, $"Only {attempts.Count} attempts were made.");
            Assert.True(target.IsVictimAlive, "A process outside was killed.");
            Assert.Empty(target.Planted());
            Assert.Equal(EscapeTarget.Canary, await File.ReadAllTextAsync(target.Secret, Token));
            Assert.DoesNotContain(Process.GetProcesses(), process => CommandOf(process).Contains("sleep\07007", StringComparison.Ordinal));
        }

        return [.. attempts.Zip(results).Where(pair => IsOut(pair.Second)).Select(pair => pair.First.Name)];
    }

    private static bool IsOut(ToolFinished result) => result.Summary is { } words &&
        !result.IsError && (words.Contains(EscapeTarget.Canary, StringComparison.Ordinal)
            || words.Contains(EscapeAttempts.Out, StringComparison.Ordinal)
            || words.Contains("created successfully", StringComparison.Ordinal)
            || words.Contains(Key, StringComparison.Ordinal)
            || words.Contains("root:", StringComparison.Ordinal));

    private static string CommandOf(Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/cmdline");
        }
        catch (IOException)
        {
            return ""; // It has ended.
        }
    }

    private static IEnumerable<string> Documented() => File.ReadAllText(Path.Combine(RealCli.RepositoryRoot, "docs", "agents.md"))
        .Split("## What `Files` lets through")[1].Split("\n## ")[0].Split('\n')
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(2).Select(line => line.Split('|')[1].Trim());
}
