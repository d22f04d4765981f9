using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Tools;

/// <summary>What a profile lets a conversation do.</summary>
public sealed class ProfileTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_chat_profile_has_no_tools_and_reads_no_files_of_the_machine()
    {
        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            foreach (var file in new[] { "config/CLAUDE.md", "work/CLAUDE.md", "work/.claude/CLAUDE.md", "work/.claude/commands/canary.md" })
            {
                Write(claude.HomeDirectory!, file, "canary-memory");
            }

            const string Settings = """
                {"env":{"CANARY":"canary-settings"},"hooks":{"UserPromptSubmit":[{"hooks":[{"type":"command","command":"echo canary-hook"}]}]}}
                """;
            Write(claude.HomeDirectory!, "config/settings.json", Settings);
            Write(claude.HomeDirectory!, "work/.claude/settings.json", Settings);
            Write(claude.HomeDirectory!, "work/.mcp.json", """{"mcpServers":{"canary":{"command":"cat"}}}""");
        });

        var events = await host.RunAsync(new Conversation { Id = "c" }, "/canary", Token);

        Assert.IsType<TurnCompleted>(events[^1]);
        var seen = Assert.Single(host.Simulator.MessageRequests);
        Assert.Empty(seen.Tools);
        Assert.Equal("/canary", seen.LastUserText);
        Assert.DoesNotContain("canary-", seen.Body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_profile_works_in_its_folder_under_its_rules()
    {
        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            var coder = new AgentProfileOptions { WorkingDirectory = Directory.CreateDirectory(Path.Combine(claude.HomeDirectory!, "there")).FullName };
            coder.Tools.Add("Bash");
            coder.AllowedTools.Add("Bash");
            coder.DisallowedTools.Add("Bash(touch:*)");
            claude.Profiles["coder"] = coder;
        });
        host.Simulator.Enqueue(
            Scenario.ToolUse("Bash", """{"command":"pwd"}"""), Scenario.ToolUse("Bash", """{"command":"touch never"}"""), Scenario.Answer("done"));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "coder" }, "go", Token);

        var tools = events.OfType<ToolFinished>().ToArray();
        Assert.Contains(Path.Combine(host.Home, "there"), tools[0].Summary, StringComparison.Ordinal);
        Assert.True(tools[1].IsError);
        Assert.Empty(Directory.GetFiles(Path.Combine(host.Home, "there")));
        Assert.Equal(["Bash"], host.Simulator.MessageRequests[0].Tools.Where(name => name != "DeferredToolPlaceholder"));
    }

    [Fact]
    public async Task A_turn_of_a_profile_with_a_limit_ends_there()
    {
        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            var coder = new AgentProfileOptions { MaxTurns = 2 };
            coder.Tools.Add("Bash");
            coder.AllowedTools.Add("Bash");
            claude.Profiles["coder"] = coder;
        });
        host.Simulator.When(_ => true, Scenario.ToolUse("Bash", """{"command":"true"}"""));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "coder" }, "go", Token);

        Assert.IsType<TurnFailed>(events[^1]);
        Assert.Equal(2, host.Simulator.MessageRequests.Count);
    }

    [Fact]
    public async Task A_profiles_mcp_server_serves_and_its_secrets_are_on_no_command_line()
    {
        const string Server = """
            while IFS= read -r line; do
              id=$(printf %s "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
              case "$line" in
                *'"initialize"'*) r='{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"clock","version":"1"}}' ;;
                *'"tools/list"'*) r='{"tools":[{"name":"time","description":"Says the time.","inputSchema":{"type":"object"}}]}' ;;
                *'"tools/call"'*) r='{"content":[{"type":"text","text":"noon for '"$CLOCK_SECRET"'"}]}' ;;
                *) continue ;;
              esac
              printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$r"
            done
            """;
        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            var coder = new AgentProfileOptions();
            var clock = new McpServerSettings { Command = "bash" };
            clock.Arguments.Add("-c");
            clock.Arguments.Add(Server);
            clock.Environment["CLOCK_SECRET"] = "swordfish";
            coder.McpServers["clock"] = clock;
            coder.AllowedTools.Add("mcp__clock");
            claude.Profiles["coder"] = coder;
        });
        host.Simulator.Enqueue(Scenario.ToolUse("mcp__clock__time", "{}"), Scenario.Answer("It is noon."));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "coder" }, "time?", Token);

        Assert.Equal("noon for swordfish", Assert.Single(events.OfType<ToolFinished>()).Summary);
        var process = host.Pool.GetSnapshot().Profiles.Single(profile => profile.Name == "coder").Processes.Single(row => row.IsLeased);
        Assert.DoesNotContain("swordfish", await File.ReadAllTextAsync($"/proc/{process.ProcessId}/cmdline", Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bypassPermissions", "agent", null)]
    [InlineData("default", "chat", null)]
    [InlineData("default", "agent", "functions")]
    public async Task A_profile_that_must_not_be_stops_the_start(string mode, string name, string? server)
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => ClaudeHost.StartAsync(claude =>
        {
            var profile = new AgentProfileOptions { PermissionMode = mode };
            if (server is not null)
            {
                profile.McpServers[server] = new McpServerSettings { Command = "true" };
            }

            claude.Profiles[name] = profile;
        }));

        Assert.Contains($"Profiles:{name}", fault.Message, StringComparison.Ordinal);
    }

    private static void Write(string home, string file, string text)
    {
        var path = Path.Combine(home, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
