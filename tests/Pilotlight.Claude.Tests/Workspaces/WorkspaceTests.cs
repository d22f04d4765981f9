using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Sandbox;
using Pilotlight.Claude.Tests.Sandbox;
using Pilotlight.Claude.Turns;
using Pilotlight.Claude.Workspaces;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Workspaces;

/// <summary>Each conversation works in a folder of its own, whichever process it has.</summary>
public sealed class WorkspaceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_conversation_finds_its_files_again_on_a_parked_process_and_no_others()
    {
        Skip.WithoutWalls(SandboxMode.Full);
        await using var host = await StartAsync();

        Assert.Equal("", await ShellAsync(host, "a", "ls -A; mkdir -p d/e; echo two > d/e/f; echo one > .hidden; ln -s d/e l"));
        await host.Conversations.ForgetAsync("a", Token);
        Assert.Equal("", await ShellAsync(host, "b", "ls -A"));
        await host.WaitForWarmthAsync(Token, "walled");
        Assert.Equal("one\ntwo\nthree", await ShellAsync(host, "a", "cat .hidden l/f; pwd | grep -q ^/workspace$ && echo three", AcquireSource.Warm));

        var store = host.Services.GetRequiredService<WorkspaceStore>();
        var folder = store.Find("a")!;
        Assert.Equal("two\n", await File.ReadAllTextAsync(Path.Combine(folder, "d", "e", "f"), Token));
        await host.Conversations.ForgetAsync("a", Token);
        store.Remove("a");
        Assert.False(Directory.Exists(folder));
        Assert.Null(store.Find("a"));
    }

    [Fact]
    public async Task A_move_that_was_broken_off_is_finished_by_whoever_looks_next()
    {
        await using var host = await ClaudeHost.StartAsync();
        var store = host.Services.GetRequiredService<WorkspaceStore>();
        var former = store.Begin("a", null);
        foreach (var name in new[] { "one", "two" })
        {
            await File.WriteAllTextAsync(Path.Combine(former, name), name, Token);
        }

        // As a kill leaves it: noted, and half of it moved.
        var next = store.Open().Path;
        await File.WriteAllTextAsync(Path.Combine(host.Home, "workspaces", "threads", "a.to"), Path.GetFileName(next), Token);
        File.Move(Path.Combine(former, "one"), Path.Combine(next, "one"));

        Assert.Equal(next, store.Find("a"));
        Assert.Equal(["one", "two"], Directory.GetFiles(next).Select(Path.GetFileName).Order());
        Assert.False(Directory.Exists(former));
    }

    [Fact]
    public async Task Two_agents_work_on_one_repository_at_once_each_on_a_branch_of_its_own()
    {
        Skip.WithoutWalls(SandboxMode.Full);
        var repository = Directory.CreateTempSubdirectory("pilotlight-repo-");
        try
        {
            Git(repository.FullName, "init -q -b main");
            await File.WriteAllTextAsync(Path.Combine(repository.FullName, "a.txt"), "first\n", Token);
            Git(repository.FullName, "add a.txt");
            Git(repository.FullName, "-c user.name=t -c user.email=t@t commit -q -m first");
            await using var host = await StartAsync(profile => profile.WorkspaceFrom = repository.FullName);
            host.Simulator.When(
                request => !request.BringsToolResult,
                Scenario.ToolUse("Bash", """{"command":"git branch --show-current; echo $RANDOM$RANDOM >> a.txt; git -c user.name=t -c user.email=t@t commit -qam second; git log --oneline | wc -l; git status --short | wc -l"}"""));
            host.Simulator.When(request => request.BringsToolResult, Scenario.Answer("done"));

            var turns = await Task.WhenAll(
                host.RunAsync(new Conversation { Id = "one", Profile = "walled" }, "go", Token), host.RunAsync(new Conversation { Id = "two", Profile = "walled" }, "go", Token));

            Assert.All(turns, turn => Assert.Equal("", (turn[^1] as TurnFailed)?.Error.Message ?? ""));
            Assert.Equal(
                ["pilotlight/one\n2\n0", "pilotlight/two\n2\n0"], turns.Select(turn => Assert.Single(turn.OfType<ToolFinished>()).Summary).Order());
            Assert.Equal("first\n", await File.ReadAllTextAsync(Path.Combine(repository.FullName, "a.txt"), Token));
            Assert.Equal("* main", Git(repository.FullName, "branch").Trim());
            var store = host.Services.GetRequiredService<WorkspaceStore>();
            Assert.Contains("second", Git(store.Find("one")!, "-c safe.directory=* log --oneline pilotlight/one"), StringComparison.Ordinal);
        }
        finally
        {
            repository.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_workspace_that_grows_beyond_its_limit_ends_the_agent_and_says_so()
    {
        Skip.WithoutWalls(SandboxMode.Full);
        await using var host = await StartAsync(profile => profile.Limits.Workspace = 16 << 20);
        host.Simulator.Enqueue(
            Scenario.ToolUse("Bash", """{"command":"for i in $(seq 99); do head -c 1000000 /dev/zero > f$i; done; sleep 60"}"""), Scenario.Answer("done"));

        var events = await host.RunAsync(new Conversation { Id = "a", Profile = "walled" }, "go", Token);

        Assert.Contains("grown beyond its limit", Assert.IsType<TurnFailed>(events[^1]).Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folders_files_begin_a_workspace_and_links_in_it_are_not_followed()
    {
        Skip.WithoutWalls(SandboxMode.Full);
        var from = Directory.CreateTempSubdirectory("pilotlight-from-");
        try
        {
            Directory.CreateDirectory(Path.Combine(from.FullName, "inner"));
            await File.WriteAllTextAsync(Path.Combine(from.FullName, "inner", "a.txt"), "given", Token);
            File.CreateSymbolicLink(Path.Combine(from.FullName, "passwords"), "/etc/shadow");
            await using var host = await StartAsync(profile => profile.WorkspaceFrom = from.FullName);

            Assert.StartsWith("given", await ShellAsync(host, "a", "cat inner/a.txt; echo changed > inner/a.txt; cat passwords 2>/dev/null; true"), StringComparison.Ordinal);
            Assert.Equal("given", await File.ReadAllTextAsync(Path.Combine(from.FullName, "inner", "a.txt"), Token));
        }
        finally
        {
            from.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("Thread", SandboxMode.None, null, "without walls nothing holds an agent")]
    [InlineData("/nowhere", SandboxMode.Full, null, "is no folder")]
    [InlineData("Thread", SandboxMode.Full, "/nowhere", "is no folder")]
    [InlineData("/tmp", SandboxMode.None, "/tmp", "there is nothing to begin")]
    public async Task A_workspace_that_cannot_be_stops_the_start(string workspace, SandboxMode mode, string? from, string words)
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => ClaudeHost.StartAsync(claude =>
        {
            claude.Profiles["walled"] = WalledTests.Profile(mode);
            (claude.Profiles["walled"].Workspace, claude.Profiles["walled"].WorkspaceFrom) = (workspace, from);
        }));

        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    private static Task<ClaudeHost> StartAsync(Action<AgentProfileOptions>? configure = null) => ClaudeHost.StartAsync(claude =>
    {
        var profile = WalledTests.Profile(SandboxMode.Full);
        profile.Workspace = "Thread";
        configure?.Invoke(profile);
        claude.Profiles["walled"] = profile;
    }, ClaudeHost.OneParked);

    private static async Task<string> ShellAsync(ClaudeHost host, string conversation, string command, AcquireSource? source = null)
    {
        host.Simulator.Enqueue(Scenario.ToolUses(new ToolCall("Bash", System.Text.Json.JsonSerializer.SerializeToElement(new { command }))), Scenario.Answer("done"));
        var events = await host.RunAsync(new Conversation { Id = conversation, Profile = "walled" }, "go", Token);
        Assert.IsType<TurnCompleted>(events[^1]);
        if (source is { } expected)
        {
            Assert.Equal(expected, Assert.IsType<TurnStarted>(events[0]).Source);
        }

        return Assert.Single(events.OfType<ToolFinished>()).Summary!.Replace("(Bash completed with no output)", "", StringComparison.Ordinal);
    }

    private static string Git(string folder, string arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (words, errors) = (git.StandardOutput.ReadToEndAsync(), git.StandardError.ReadToEndAsync());
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, errors.GetAwaiter().GetResult());
        return words.GetAwaiter().GetResult();
    }
}
