using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Tools;

/// <summary>What changes from turn to turn on a process that goes on: permission mode, MCP servers, files that are brought back, what a turn may cost.</summary>
public sealed class RunningSessionTests
{
    private static readonly Conversation s_coder = new() { Id = "c", Profile = "coder" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_permission_mode_changes_from_turn_to_turn_and_back_again()
    {
        await using var host = await StartAsync(coder => coder.AllowedTools.Clear());
        Write(host, "first");
        var strict = await host.RunAsync(s_coder, "write", Token);
        Write(host, "second");
        var lenient = await host.RunAsync(s_coder with { PermissionMode = "acceptEdits" }, "write", Token);
        Write(host, "third");
        var again = await host.RunAsync(s_coder, "write", Token);

        Assert.Equal([true, false, true], new[] { strict, lenient, again }.Select(events => Assert.Single(events.OfType<ToolFinished>()).IsError));
        Assert.Equal(["second"], Files(host));
        Assert.All([lenient, again], events => Assert.Equal(AcquireSource.Hot, Assert.Single(events.OfType<TurnStarted>()).Source));
    }

    [Theory]
    [InlineData("coder", "bypassPermissions")]
    [InlineData("coder", "auto")]
    [InlineData(null, "plan")]
    public async Task A_mode_that_may_not_be_fails_the_turn(string? profile, string mode)
    {
        await using var host = await StartAsync();
        var conversation = new Conversation { Id = "c", Profile = profile };

        var fresh = await host.RunAsync(conversation with { PermissionMode = mode }, "go", Token);
        await host.RunAsync(conversation, "hello", Token);
        var live = await host.RunAsync(conversation with { PermissionMode = mode }, "go", Token);

        Assert.All([fresh, live], events => Assert.Equal(TurnErrorKind.InvalidRequest, Assert.IsType<TurnFailed>(events[^1]).Error.Kind));
        Assert.Single(host.Simulator.MessageRequests);
    }

    [Fact]
    public async Task Mcp_servers_come_and_go_while_the_process_stays()
    {
        await using var host = await StartAsync(coder => coder.AllowedTools.Add("mcp__clock"));
        host.Simulator.Enqueue(Scenario.Answer("no clock"));
        var without = await host.RunAsync(s_coder, "time?", Token);
        host.Simulator.Enqueue(Scenario.ToolUse("mcp__clock__time", "{}"), Scenario.Answer("noon"));
        var with = await host.RunAsync(s_coder with { McpServers = new Dictionary<string, McpServerSettings> { ["clock"] = Clock() } }, "time?", Token);
        host.Simulator.Enqueue(Scenario.ToolUse("mcp__clock__time", "{}"), Scenario.Answer("gone"));
        var after = await host.RunAsync(s_coder, "time?", Token);

        Assert.Equal("no clock", Assert.IsType<TurnCompleted>(without[^1]).Text);
        Assert.Equal("noon", Assert.Single(with.OfType<ToolFinished>()).Summary);
        Assert.True(Assert.Single(after.OfType<ToolFinished>()).IsError);
        Assert.All([with, after], events => Assert.Equal(AcquireSource.Hot, Assert.Single(events.OfType<TurnStarted>()).Source));
    }

    [Fact]
    public async Task An_mcp_server_that_is_not_there_fails_the_turn_and_says_which()
    {
        await using var host = await StartAsync();
        host.Simulator.When(_ => true, Scenario.Answer("nothing"));

        var events = await host.RunAsync(
            s_coder with { McpServers = new Dictionary<string, McpServerSettings> { ["clock"] = new() { Command = "/no/such/program" } } }, "time?", Token);

        Assert.Contains("'clock'", Assert.IsType<TurnFailed>(events[^1]).Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_are_brought_back_to_what_they_were_when_a_turn_began()
    {
        await using var host = await StartAsync(coder => coder.Checkpoints = true);
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        Write(host, "file", "one");
        await host.RunAsync(s_coder with { Checkpoint = first }, "write", Token);
        Write(host, "file", "two");
        await host.RunAsync(s_coder with { Checkpoint = second }, "write", Token);

        var trial = await host.Conversations.RewindFilesAsync("c", second, isTrial: true, Token);
        Assert.Equal(Path.Combine(Folder(host), "file"), Assert.Single(trial.Files));
        Assert.Equal("two", await ReadAsync(host));
        await host.Conversations.RewindFilesAsync("c", second, cancellationToken: Token);
        Assert.Equal("one", await ReadAsync(host));
        await host.Conversations.RewindFilesAsync("c", first, cancellationToken: Token);
        Assert.Empty(Files(host));

        await Assert.ThrowsAsync<ClaudeException>(() => host.Conversations.RewindFilesAsync("c", Guid.NewGuid(), cancellationToken: Token));
        Write(host, "file", "three");
        Assert.IsType<TurnCompleted>((await host.RunAsync(s_coder, "write", Token))[^1]);
        await host.Conversations.ForgetAsync("c", Token);
        await Assert.ThrowsAsync<ClaudeException>(() => host.Conversations.RewindFilesAsync("c", first, cancellationToken: Token));
        Assert.Equal("three", await ReadAsync(host));
    }

    [Fact]
    public async Task A_turn_that_has_cost_what_it_may_ends_and_the_next_one_has_its_own_limit()
    {
        await using var host = await StartAsync(coder => coder.MaxCostUsd = 1m);
        host.Simulator.When(request => request.LastUserText.Contains("expensive", StringComparison.Ordinal) || request.BringsToolResult, Scenario.ToolUse("Bash", """{"command":"true"}"""));

        var events = await host.RunAsync(s_coder with { MaxCostUsd = 0.000001m }, "expensive", Token);

        var failed = Assert.IsType<TurnFailed>(events[^1]);
        Assert.Equal(TurnErrorKind.BudgetExceeded, failed.Error.Kind);
        Assert.True(host.Simulator.MessageRequests.Count <= 2, $"{host.Simulator.MessageRequests.Count} calls were made.");
        Assert.True(failed.Usage.OutputTokens > 0);
        host.Simulator.Clear();
        host.Simulator.Enqueue(Scenario.Answer("cheap"));
        Assert.Equal("cheap", Assert.IsType<TurnCompleted>((await host.RunAsync(s_coder, "cheap", Token))[^1]).Text);
    }

    [Fact]
    public async Task Another_model_takes_over_where_the_api_is_overloaded()
    {
        await using var host = await StartAsync(coder => coder.FallbackModel = "haiku");
        host.Simulator.When(request => request.Model!.Contains("sonnet", StringComparison.Ordinal), Scenario.Status(529));
        host.Simulator.When(request => request.Model!.Contains("haiku", StringComparison.Ordinal), Scenario.Answer("in its place"));

        var events = await host.RunAsync(s_coder, "go", Token);

        var completed = Assert.IsType<TurnCompleted>(events[^1]);
        Assert.Equal("in its place", completed.Text);
        Assert.Contains("haiku", completed.Model, StringComparison.Ordinal);
    }

    internal static McpServerSettings Clock()
    {
        const string Server = """
            while IFS= read -r line; do
              id=$(printf %s "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
              case "$line" in
                *'"initialize"'*) r='{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"clock","version":"1"}}' ;;
                *'"tools/list"'*) r='{"tools":[{"name":"time","description":"Says the time.","inputSchema":{"type":"object"}}]}' ;;
                *'"tools/call"'*) r='{"content":[{"type":"text","text":"noon"}]}' ;;
                *) continue ;;
              esac
              printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$r"
            done
            """;
        var clock = new McpServerSettings { Command = "bash" };
        clock.Arguments.Add("-c");
        clock.Arguments.Add(Server);
        return clock;
    }

    private static Task<ClaudeHost> StartAsync(Action<AgentProfileOptions>? configure = null) => ClaudeHost.StartAsync(claude =>
    {
        var coder = new AgentProfileOptions { WorkingDirectory = Directory.CreateDirectory(Path.Combine(claude.HomeDirectory!, "there")).FullName };
        foreach (var tool in new[] { "Bash", "Write" })
        {
            coder.Tools.Add(tool);
            coder.AllowedTools.Add(tool);
        }

        configure?.Invoke(coder);
        claude.Profiles["coder"] = coder;
    });

    private static void Write(ClaudeHost host, string name, string content = "x") => host.Simulator.Enqueue(
        Scenario.ToolUse("Write", $$"""{"file_path":"{{Path.Combine(Folder(host), name)}}","content":"{{content}}"}"""), Scenario.Answer("done"));

    private static Task<string> ReadAsync(ClaudeHost host) => File.ReadAllTextAsync(Path.Combine(Folder(host), "file"), Token);

    private static string Folder(ClaudeHost host) => Path.Combine(host.Home, "there");

    private static IEnumerable<string?> Files(ClaudeHost host) => Directory.GetFiles(Folder(host)).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
