using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Sandbox;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;
using Pilotlight.Wire;

namespace Pilotlight.Claude.Tests.Sandbox;

/// <summary>Agents behind walls work as others do, with what is theirs.</summary>
public sealed class WalledTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SandboxMode.Files)]
    [InlineData(SandboxMode.Full)]
    public async Task A_walled_agent_works_in_an_empty_folder_as_nobody_and_keeps_nothing_secret(SandboxMode mode)
    {
        Skip.WithoutWalls(mode);
        await using var host = await ClaudeHost.StartAsync(claude => claude.Profiles["walled"] = Profile(mode));
        host.Simulator.Enqueue(
            Scenario.ToolUse("Bash", """{"command":"pwd; id -u; whoami; ls -A; echo $ANTHROPIC_API_KEY; grep -E 'CapPrm|NoNewPrivs|Seccomp:' /proc/self/status"}"""),
            Scenario.ToolUse("Write", """{"file_path":"/workspace/a.txt","content":"written"}"""),
            Scenario.ToolUse("Bash", """{"command":"cat a.txt; curl -s http://localhost/ >/dev/null; git init -q . && git config user.name"}"""),
            Scenario.Answer("done"));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "walled" }, "go", Token);

        Assert.IsType<TurnCompleted>(events[^1]);
        var tools = events.OfType<ToolFinished>().Select(tool => tool.Summary!).ToArray();
        Assert.Equal("/workspace\n65534\nagent\nnone\nCapPrm:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2", tools[0]);
        Assert.Contains("written", tools[2], StringComparison.Ordinal);
        Assert.All(host.Simulator.MessageRequests, request => Assert.Equal("sk-ant-not-a-real-key", request.Headers["x-api-key"]));
    }

    [Fact]
    public async Task A_parked_process_is_behind_its_walls_already_and_two_share_nothing()
    {
        Skip.WithoutWalls(SandboxMode.Full);
        await using var host = await ClaudeHost.StartAsync(claude => claude.Profiles["walled"] = Profile(SandboxMode.Full), ClaudeHost.OneParked);
        host.Simulator.Enqueue(Scenario.Answer("first"));
        await host.RunAsync(new Conversation { Id = "a", Profile = "walled" }, "go", Token);
        await host.WaitForWarmthAsync(Token, "walled");
        host.Simulator.Enqueue(Scenario.ToolUse("Bash", """{"command":"ls -A /workspace; ps ax -o comm= | grep -cvE '^(bash|bwrap|claude|ps|grep)$'; true"}"""), Scenario.Answer("done"));

        var events = await host.RunAsync(new Conversation { Id = "b", Profile = "walled" }, "go", Token);

        Assert.Equal(AcquireSource.Warm, Assert.IsType<TurnStarted>(events[0]).Source);
        Assert.Equal("0", Assert.Single(events.OfType<ToolFinished>()).Summary);
    }

    [Fact]
    public async Task Programs_that_together_take_more_memory_than_they_may_end_the_agent_and_its_turn_says_why()
    {
        Skip.WithoutWalls(SandboxMode.Full);
        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            claude.Profiles["walled"] = Profile(SandboxMode.Full);
            claude.Profiles["walled"].Limits.TotalMemory = 600 << 20;
        });

        // Each of them takes less than one may; together they are too many.
        host.Simulator.Enqueue(Scenario.ToolUse("Bash", """{"command":"for i in $(seq 8); do (head -c 100000000 /dev/zero | tail) & done; wait; sleep 60"}"""), Scenario.Answer("done"));

        var events = await host.RunAsync(new Conversation { Id = "a", Profile = "walled" }, "go", Token);

        Assert.Contains("more memory than they may together", Assert.IsType<TurnFailed>(events[^1]).Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hosts_are_reached_by_allowed_names_alone()
    {
        Skip.WithoutWalls(SandboxMode.Full);
        if (SandboxSupport.Problem(SandboxMode.Full, hasNetwork: true) is { } problem)
        {
            Assert.Skip(problem);
        }

        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            var profile = Profile(SandboxMode.Full);
            profile.Network.Add("localhost");
            claude.Profiles["walled"] = profile;
        });
        host.Simulator.Enqueue(
            Scenario.ToolUse("Bash", """{"command":"unset no_proxy NO_PROXY; curl -s http://other.test/; curl -s http://localhost/; curl -s http://127.0.0.1/; curl -s -o /dev/null -w '%{http_connect}' https://other.test/"}"""),
            Scenario.Answer("done"));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "walled" }, "go", Token);

        var words = Assert.Single(events.OfType<ToolFinished>()).Summary!;
        Assert.Contains("The host other.test:80 is not allowed here.", words, StringComparison.Ordinal);
        Assert.Contains("The host localhost:80 has no public address that answers.", words, StringComparison.Ordinal);
        Assert.Contains("The host 127.0.0.1:80 is not allowed here.", words, StringComparison.Ordinal);
        Assert.Contains("403", words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_waited_behind_walls_is_run_behind_those_of_another_process(bool isAllowed)
    {
        Skip.WithoutWalls(SandboxMode.Full);
        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            var profile = Profile(SandboxMode.Full);
            profile.Approval = ToolApproval.Ask;
            profile.AllowedTools.Clear();
            profile.Workspace = "Thread";
            claude.Profiles["walled"] = profile;
        });
        host.Simulator.Enqueue(Scenario.ToolUse("Bash", """{"command":"echo once >> log; cat log; ls /tmp/.claude/projects"}""", "I look. "), Scenario.Answer("done"));
        var conversation = new Conversation { Id = "c", Profile = "walled", Approvals = new ApprovalRules(CanAsk: true) };
        var asked = Assert.IsType<TurnAwaitsApproval>((await host.RunAsync(conversation, "go", Token))[^1]).Request;
        await host.Conversations.ForgetAsync("c", Token);

        var later = conversation with
        {
            History =
            [
                new HistoryMessage(HistoryRole.User, "go"),
                new HistoryMessage(HistoryRole.Assistant, "I look. ") { Calls = [new HistoryToolCall(asked.ToolUseId, "Bash", asked.Input)] },
            ],
        };
        var events = new List<TurnEvent>();
        var decision = isAllowed ? ToolDecision.Allow() : ToolDecision.Deny("Rather not.");
        await foreach (var turnEvent in host.Conversations.RunTurnAsync(later, [new UserToolDecision(asked.ToolUseId, decision)], Token))
        {
            events.Add(turnEvent);
        }

        Assert.Equal("done", Assert.IsType<TurnCompleted>(events[^1]).Text);
        var ran = Assert.Single(events.OfType<ToolFinished>());
        Assert.Equal((asked.ToolUseId, !isAllowed), (ran.ToolUseId, ran.IsError));
        Assert.StartsWith(isAllowed ? "once" : "Rather not.", ran.Summary, StringComparison.Ordinal);
        Assert.NotEqual(AcquireSource.Hot, Assert.Single(events.OfType<TurnStarted>()).Source);
        Assert.Equal(2, host.Simulator.MessageRequests.Count);
    }

    [Fact]
    public async Task Files_are_brought_back_behind_walls_too()
    {
        Skip.WithoutWalls(SandboxMode.Full);
        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            var profile = Profile(SandboxMode.Full);
            profile.Checkpoints = true;
            claude.Profiles["walled"] = profile;
        });
        var conversation = new Conversation { Id = "c", Profile = "walled", Checkpoint = Guid.NewGuid() };
        host.Simulator.Enqueue(Scenario.ToolUse("Write", """{"file_path":"/workspace/a.txt","content":"written"}"""), Scenario.Answer("done"));
        await host.RunAsync(conversation, "go", Token);

        await host.Conversations.RewindFilesAsync("c", conversation.Checkpoint.Value, cancellationToken: Token);

        host.Simulator.Enqueue(Scenario.ToolUse("Bash", """{"command":"ls /workspace"}"""), Scenario.Answer("done"));
        var events = await host.RunAsync(conversation with { Checkpoint = null }, "look", Token);
        Assert.DoesNotContain("a.txt", Assert.Single(events.OfType<ToolFinished>()).Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Network", "http://example.com", "is no host's name")]
    [InlineData("Network", "10.0.0.1", "is no host's name")]
    [InlineData("McpConfig", "/x.json", "is not there behind walls")]
    [InlineData("Processes", "3", "must be 64 or more")]
    public async Task A_walled_profile_that_cannot_be_stops_the_start(string setting, string value, string words)
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => ClaudeHost.StartAsync(claude =>
        {
            var profile = Profile(SandboxMode.Full);
            switch (setting)
            {
                case "Network":
                    profile.Network.Add(value);
                    break;
                case "McpConfig":
                    profile.McpConfig = value;
                    break;
                default:
                    profile.Limits.Processes = int.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
                    break;
            }

            claude.Profiles["walled"] = profile;
        }));

        Assert.Contains($"Profiles:walled:", fault.Message, StringComparison.Ordinal);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_behind_the_walls_stops_the_start()
    {
        Skip.WithoutWalls(SandboxMode.Full);
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => ClaudeHost.StartAsync(claude =>
        {
            claude.Profiles["walled"] = Profile(SandboxMode.Full);
            claude.Profiles["walled"].WorkingDirectory = "/usr/share";
        }));

        Assert.Contains("the workspace '/usr/share' cannot be written there", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Walls_without_a_relay_stop_the_start_and_without_a_key_the_turn()
    {
        Skip.WithoutWalls(SandboxMode.Full);
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => ClaudeHost.StartAsync(
            claude => claude.Profiles["walled"] = Profile(SandboxMode.Full), services: services => services.Configure<WireOptions>(wire => wire.Enabled = false)));
        Assert.Contains("Leave the relay on", fault.Message, StringComparison.Ordinal);

        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            claude.ApiKey = "";
            claude.Profiles["walled"] = Profile(SandboxMode.Full);
        });
        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "walled" }, "go", Token);
        Assert.Contains("no key that can stay outside", Assert.IsType<TurnFailed>(Assert.Single(events)).Error.Message, StringComparison.Ordinal);
    }

    internal static AgentProfileOptions Profile(SandboxMode mode)
    {
        var profile = new AgentProfileOptions { Sandbox = mode };
        foreach (var tool in new[] { "Bash", "Read", "Write", "Edit", "Glob", "Grep", "NotebookEdit" })
        {
            profile.Tools.Add(tool);
            profile.AllowedTools.Add(tool);
        }

        return profile;
    }
}
