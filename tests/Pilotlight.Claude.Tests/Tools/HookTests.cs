using System.Collections.Concurrent;
using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Hooks;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Tools;

/// <summary>Callbacks in all of the CLI's course of events.</summary>
public sealed class HookTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_cli_takes_hooks_for_every_event_and_calls_those_of_a_turn()
    {
        var seen = new ConcurrentDictionary<HookEvent, HookInput>();
        await using var host = await StartAsync(profile =>
        {
            foreach (var hookEvent in Enum.GetValues<HookEvent>())
            {
                profile.Hooks.Add(new Hook(hookEvent, (input, _) =>
                {
                    seen[input.Event] = input;
                    return ValueTask.FromResult(HookOutcome.Continue);
                }));
            }
        });
        host.Simulator.When(IsReviewer, Scenario.Answer("well"));
        host.Simulator.Says(
            request => !IsReviewer(request),
            Bash("touch it"), Bash("false"),
            Scenario.ToolUse("TaskCreate", """{"subject":"a","description":"b"}"""), Scenario.ToolUse("TaskUpdate", """{"taskId":"1","status":"completed"}"""),
            Scenario.ToolUse("Agent", """{"description":"review it","prompt":"look","subagent_type":"reviewer","run_in_background":false}"""),
            Scenario.Answer("done"));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "coder", Model = "haiku" }, "go", Token);

        Assert.Equal("done", Assert.IsType<TurnCompleted>(events[^1]).Text);
        Assert.Subset(seen.Keys.ToHashSet(), new HashSet<HookEvent>
        {
            HookEvent.UserPromptSubmit, HookEvent.PreToolUse, HookEvent.PostToolUse, HookEvent.PostToolUseFailure, HookEvent.PostToolBatch, HookEvent.PermissionRequest,
            HookEvent.TaskCreated, HookEvent.TaskCompleted, HookEvent.SubagentStart, HookEvent.SubagentStop, HookEvent.MessageDisplay, HookEvent.Stop,
            HookEvent.PreModelSwitch, HookEvent.PostModelSwitch,
        });
        Assert.All(seen.Values, input => Assert.Equal(input.Event.ToString(), input.Raw.GetProperty("hook_event_name").GetString()));
    }

    [Fact]
    public async Task A_hook_gives_and_refuses_leave_before_anybody_is_asked()
    {
        await using var host = await StartAsync(profile => profile.Hooks.Add(new Hook(HookEvent.PermissionRequest, (input, _) => ValueTask.FromResult(
            input.ToolInput.GetProperty("command").GetString() switch
            {
                "touch given" => HookOutcome.WithInput(input.ToolInput),
                "touch said" => HookOutcome.Answer(JsonElement.Parse("""{"hookSpecificOutput":{"hookEventName":"PermissionRequest","decision":{"behavior":"allow"}}}""")),
                _ => HookOutcome.Block("Not in this house."),
            }))));
        host.Simulator.Enqueue(Bash("touch given"), Bash("touch said"), Bash("touch refused"), Scenario.Answer("done"));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "coder" }, "go", Token);

        Assert.Equal([false, false, true], events.OfType<ToolFinished>().Select(tool => tool.IsError));
        Assert.Contains("Not in this house.", events.OfType<ToolFinished>().Last().Summary, StringComparison.Ordinal);
        Assert.Equal(["given", "said"], Directory.GetFiles(Path.Combine(host.Home, "coder")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_hook_that_answers_no_object_has_blocked()
    {
        await using var host = await StartAsync(profile =>
        {
            profile.AllowedTools.Add("Bash");
            profile.Hooks.Add(new Hook(HookEvent.PreToolUse, (_, _) => ValueTask.FromResult(HookOutcome.Answer(JsonElement.Parse("1")))));
        });
        host.Simulator.Enqueue(Bash("touch never"), Scenario.Answer("done"));

        var events = await host.RunAsync(new Conversation { Id = "c", Profile = "coder" }, "go", Token);

        Assert.True(Assert.Single(events.OfType<ToolFinished>()).IsError);
        Assert.Empty(Directory.GetFiles(Path.Combine(host.Home, "coder")));
    }

    private static bool IsReviewer(RecordedRequest request) => request.SystemPrompt.Contains("strict reviewer", StringComparison.Ordinal);

    private static Scenario Bash(string command) => Scenario.ToolUse("Bash", $$"""{"command":"{{command}}"}""");

    private static Task<ClaudeHost> StartAsync(Action<AgentProfileOptions> configure) => ClaudeHost.StartAsync(claude =>
    {
        var profile = new AgentProfileOptions { WorkingDirectory = Directory.CreateDirectory(Path.Combine(claude.HomeDirectory!, "coder")).FullName };
        foreach (var tool in new[] { "Bash", "Read", "Agent", "TaskCreate", "TaskUpdate" })
        {
            profile.Tools.Add(tool);
        }

        profile.Agents["reviewer"] = new SubagentOptions { Description = "Reviews", Prompt = "You are a strict reviewer." };
        configure(profile);
        claude.Profiles["coder"] = profile;
    });
}
