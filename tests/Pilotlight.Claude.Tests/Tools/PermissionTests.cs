using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Hooks;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Tools;

/// <summary>Permission callbacks and hooks around real tools of the CLI.</summary>
public sealed class PermissionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_callback_allows_denies_and_rewrites_what_a_tool_is_to_do()
    {
        var asked = new List<ToolPermissionRequest>();
        await using var host = await StartAsync(canUseTool: (request, _) =>
        {
            asked.Add(request);
            return ValueTask.FromResult(request.Input.GetProperty("command").GetString() switch
            {
                "touch allowed" => ToolDecision.Allow(),
                "touch rewritten" => ToolDecision.Allow(JsonElement.Parse("""{"command":"touch instead"}""")),
                _ => ToolDecision.Deny("Not on my watch."),
            });
        });
        host.Simulator.Enqueue(Bash("touch allowed"), Bash("touch rewritten"), Bash("touch denied"), Scenario.Answer("done"));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "coder" }, "go", Token);

        Assert.Equal("done", Assert.IsType<TurnCompleted>(events[^1]).Text);
        Assert.Equal(["allowed", "instead"], Files(host));
        Assert.Equal([false, false, true], events.OfType<ToolFinished>().Select(tool => tool.IsError));
        Assert.Equal("Not on my watch.", events.OfType<ToolFinished>().Last().Summary);
        Assert.All(asked, request => Assert.Equal(("Bash", "c"), (request.ToolName, request.ConversationId)));
        Assert.Equal(events.OfType<ToolStarted>().Select(tool => tool.ToolUseId), asked.Select(request => request.ToolUseId));
    }

    [Fact]
    public async Task A_callback_that_throws_has_denied()
    {
        await using var host = await StartAsync(canUseTool: (_, _) => throw new InvalidOperationException("the-secret-reason"));
        host.Simulator.Enqueue(Bash("touch never"), Scenario.Answer("a pity"));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "coder" }, "go", Token);

        Assert.Equal("a pity", Assert.IsType<TurnCompleted>(events[^1]).Text);
        Assert.True(Assert.Single(events.OfType<ToolFinished>()).IsError);
        Assert.Empty(Files(host));
        Assert.DoesNotContain("the-secret-reason", host.Simulator.MessageRequests[^1].Body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_callback_what_would_need_a_person_is_refused()
    {
        await using var host = await StartAsync();
        host.Simulator.Enqueue(Bash("touch never"), Scenario.Answer("a pity"));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "coder" }, "go", Token);

        Assert.True(Assert.Single(events.OfType<ToolFinished>()).IsError);
        Assert.Empty(Files(host));
    }

    [Fact]
    public async Task A_denial_may_end_the_turn()
    {
        await using var host = await StartAsync(canUseTool: (_, _) => ValueTask.FromResult(ToolDecision.Deny("Stop.", endTurn: true)));
        host.Simulator.Enqueue(Bash("touch never"), Scenario.Answer("never said"));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "coder" }, "go", Token);

        Assert.IsNotType<TurnCompleted>(events[^1]);
        Assert.Single(host.Simulator.MessageRequests);
    }

    [Fact]
    public async Task Cancelling_the_turn_cancels_the_question()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var cancelled = new TaskCompletionSource();
        await using var host = await StartAsync(canUseTool: async (_, cancellationToken) =>
        {
            cancellationToken.Register(() => cancelled.TrySetResult());
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return ToolDecision.Allow();
        });
        host.Simulator.Enqueue(Bash("touch never"), Scenario.Answer("never said"));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "coder" }, "go", stop.Token);

        Assert.IsType<TurnCancelled>(events[^1]);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Empty(Files(host));
    }

    [Fact]
    public async Task A_hook_blocks_a_tool_that_a_rule_allows_and_another_changes_its_input()
    {
        var after = new TaskCompletionSource<HookInput>();
        await using var host = await StartAsync(profile =>
        {
            profile.AllowedTools.Add("Bash");
            profile.Hooks.Add(new Hook(HookEvent.PreToolUse, Check, "Bash"));
            profile.Hooks.Add(new Hook(HookEvent.PreToolUse, (_, _) => throw new InvalidOperationException(), "Read"));
            profile.Hooks.Add(new Hook(HookEvent.PostToolUse, (input, _) =>
            {
                after.TrySetResult(input);
                return ValueTask.FromResult(HookOutcome.WithContext("It is late."));
            }));
        });
        host.Simulator.Enqueue(
            Bash("touch blocked"), Bash("touch changed"), Scenario.ToolUse("Read", """{"file_path":"/etc/hostname"}"""), Scenario.Answer("done"));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "coder" }, "go", Token);

        Assert.IsType<TurnCompleted>(events[^1]);
        var tools = events.OfType<ToolFinished>().ToArray();
        Assert.Equal([true, false, true], tools.Select(tool => tool.IsError));
        Assert.Contains("Blocked by the house.", tools[0].Summary, StringComparison.Ordinal);
        Assert.Equal(["instead"], Files(host));
        var told = await after.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal(("Bash", "c"), (told.ToolName, told.ConversationId));
        Assert.Equal(JsonValueKind.Object, told.ToolResponse.ValueKind);
        Assert.Contains("It is late.", host.Simulator.MessageRequests[2].Body.GetRawText(), StringComparison.Ordinal);

        static ValueTask<HookOutcome> Check(HookInput input, CancellationToken cancellationToken) => ValueTask.FromResult(
            input.ToolInput.GetProperty("command").GetString() == "touch blocked"
                ? HookOutcome.Block("Blocked by the house.")
                : HookOutcome.WithInput(JsonElement.Parse("""{"command":"touch instead"}""")));
    }

    [Fact]
    public async Task A_hook_sees_the_users_message_and_may_refuse_it()
    {
        var prompts = new List<string?>();
        await using var host = await StartAsync(profile => profile.Hooks.Add(new Hook(HookEvent.UserPromptSubmit, (input, _) =>
        {
            prompts.Add(input.Prompt);
            return ValueTask.FromResult(input.Prompt == "no" ? HookOutcome.Block("Refused.") : HookOutcome.WithContext("The user is Ada."));
        })));

        await host.RunAsync(new Conversation { Id = "a", Profile = "coder" }, "hello", Token);
        await host.RunAsync(new Conversation { Id = "b", Profile = "coder" }, "no", Token);

        Assert.Equal(["hello", "no"], prompts);
        Assert.Contains("The user is Ada.", Assert.Single(host.Simulator.MessageRequests).Body.GetRawText(), StringComparison.Ordinal);
    }

    private static Scenario Bash(string command) => Scenario.ToolUse("Bash", $$"""{"command":"{{command}}"}""");

    private static string[] Files(ClaudeHost host) => [.. Directory.GetFiles(Path.Combine(host.Home, "coder")).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    private static Task<ClaudeHost> StartAsync(Action<AgentProfileOptions>? configure = null, ToolPermissionCallback? canUseTool = null) =>
        ClaudeHost.StartAsync(claude =>
        {
            var profile = new AgentProfileOptions
            {
                CanUseTool = canUseTool,
                WorkingDirectory = Directory.CreateDirectory(Path.Combine(claude.HomeDirectory!, "coder")).FullName,
            };
            profile.Tools.Add("Bash");
            profile.Tools.Add("Read");
            configure?.Invoke(profile);
            claude.Profiles["coder"] = profile;
        });
}
