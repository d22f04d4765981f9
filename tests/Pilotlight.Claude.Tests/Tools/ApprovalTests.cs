using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Tools;

/// <summary>Calls of tools that wait for a person, on the process that asked and on others, with the real CLI.</summary>
public sealed class ApprovalTests
{
    private static readonly ApprovalRules s_asked = new(CanAsk: true);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_call_of_an_asked_tool_waits_and_the_process_goes_on_when_it_is_decided()
    {
        await using var host = await StartAsync();
        host.Simulator.Enqueue(Bash("ls"), Bash("touch made"), Scenario.Answer("done"));
        var conversation = Asked();

        var first = await host.RunAsync(conversation, "go", Token);
        var reads = Assert.IsType<TurnAwaitsApproval>(first[^1]);
        var second = await RunAsync(host, conversation, new UserToolDecision(reads.Request.ToolUseId, ToolDecision.Allow()));
        var writes = Assert.IsType<TurnAwaitsApproval>(second[^1]);
        var third = await RunAsync(host, conversation, new UserToolDecision(writes.Request.ToolUseId, ToolDecision.Allow()));

        Assert.Equal("ls", reads.Request.Input.GetProperty("command").GetString());
        Assert.False(reads.NeedsProcess);
        Assert.Empty(first.OfType<ToolFinished>());
        Assert.Equal([AcquireSource.Hot, AcquireSource.Hot], second.Concat(third).OfType<TurnStarted>().Select(started => started.Source));
        Assert.Equal("done", Assert.IsType<TurnCompleted>(third[^1]).Text);
        Assert.Equal(["made"], Files(host));
        Assert.Equal(3, host.Simulator.MessageRequests.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_whose_process_is_gone_is_run_by_another_as_decided(bool isAllowed)
    {
        await using var host = await StartAsync();
        host.Simulator.Enqueue(Scenario.ToolUse("Bash", """{"command":"echo once >> log"}""", "I look. "), Scenario.Answer("done"));
        var conversation = Asked();
        var waiting = await host.RunAsync(conversation, "go", Token);
        var request = Assert.IsType<TurnAwaitsApproval>(waiting[^1]).Request;
        await host.Conversations.ForgetAsync("c", Token);

        var later = conversation with
        {
            History =
            [
                new HistoryMessage(HistoryRole.User, "go"),
                new HistoryMessage(HistoryRole.Assistant, "I look. ") { Calls = [new HistoryToolCall(request.ToolUseId, "Bash", request.Input)] },
            ],
        };
        var events = await RunAsync(host, later, new UserToolDecision(request.ToolUseId, isAllowed ? ToolDecision.Allow() : ToolDecision.Deny("Rather not.")));

        Assert.Equal("done", Assert.IsType<TurnCompleted>(events[^1]).Text);
        Assert.NotEqual(AcquireSource.Hot, Assert.Single(events.OfType<TurnStarted>()).Source);
        Assert.Empty(events.OfType<ToolStarted>());
        Assert.Equal((request.ToolUseId, !isAllowed), Assert.Single(events.OfType<ToolFinished>()) is var tool ? (tool.ToolUseId, tool.IsError) : default);
        Assert.Equal(isAllowed ? ["log"] : [], Files(host));
        if (isAllowed)
        {
            Assert.Equal("once\n", await File.ReadAllTextAsync(Path.Combine(host.Home, "coder", "log"), Token));
        }

        // Asked twice in all: the call, and the answer to its result. Nothing was asked again.
        Assert.Equal(2, host.Simulator.MessageRequests.Count);
        var told = host.Simulator.MessageRequests[1].Body.GetRawText();
        Assert.Contains(request.ToolUseId, told, StringComparison.Ordinal);
        Assert.DoesNotContain("missing due to internal error", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_another_in_its_message_waits_behind_is_told_as_unfinished_and_not_run()
    {
        await using var host = await StartAsync();
        host.Simulator.Enqueue(
            Scenario.ToolUses(new ToolCall("Bash", """{"command":"echo a >> log"}"""), new ToolCall("Bash", """{"command":"echo b >> log"}""")), Scenario.Answer("done"));
        var conversation = Asked();
        var waiting = await host.RunAsync(conversation, "go", Token);
        var request = Assert.IsType<TurnAwaitsApproval>(waiting[^1]).Request;
        var calls = waiting.OfType<ToolStarted>().Select(call => new HistoryToolCall(call.ToolUseId, call.Name, call.Input)).ToArray();
        await host.Conversations.ForgetAsync("c", Token);

        var later = conversation with
        {
            History =
            [
                new HistoryMessage(HistoryRole.User, "go"),
                new HistoryMessage(HistoryRole.Assistant, "") { Calls = calls },
                new HistoryMessage(HistoryRole.User, "") { Content = [new UserToolResult(calls[1].ToolUseId, "It did not finish.", IsError: true)] },
            ],
        };
        var events = await RunAsync(host, later, new UserToolDecision(request.ToolUseId, ToolDecision.Allow()));

        Assert.IsType<TurnCompleted>(events[^1]);
        Assert.Equal(calls[0].ToolUseId, request.ToolUseId);
        Assert.Equal("a\n", await File.ReadAllTextAsync(Path.Combine(host.Home, "coder", "log"), Token));
        Assert.Contains("It did not finish.", host.Simulator.MessageRequests[^1].Body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_decided_before_is_not_asked_again_and_a_question_is_answered()
    {
        await using var host = await StartAsync(profile => profile.Tools.Add("AskUserQuestion"));
        const string Questions = """{"questions":[{"question":"Which color?","header":"Color","multiSelect":false,"options":[{"label":"Red","description":"r"},{"label":"Blue","description":"b"}]}]}""";
        host.Simulator.Enqueue(Bash("touch remembered"), Scenario.ToolUse("AskUserQuestion", Questions), Scenario.Answer("blue it is"));
        var conversation = Asked() with
        {
            Approvals = new ApprovalRules(CanAsk: true, request => request.ToolName == "Bash" ? ToolDecision.Allow() : null),
        };

        var asked = Assert.IsType<TurnAwaitsApproval>((await host.RunAsync(conversation, "go", Token))[^1]).Request;
        var answered = System.Text.Json.JsonElement.Parse(Questions.Insert(Questions.Length - 1, ""","answers":{"Which color?":"Blue"}"""));
        var events = await RunAsync(host, conversation, new UserToolDecision(asked.ToolUseId, ToolDecision.Allow(answered)));

        Assert.True(asked.IsQuestion);
        Assert.Equal("blue it is", Assert.IsType<TurnCompleted>(events[^1]).Text);
        Assert.Equal(["remembered"], Files(host));
        Assert.Contains("\\u0022Which color?\\u0022=\\u0022Blue\\u0022", host.Simulator.MessageRequests[^1].Body.GetRawText().Replace("\\\"", "\\u0022", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_to_ask_denies_and_other_words_let_the_call_go()
    {
        await using var host = await StartAsync();
        host.Simulator.Enqueue(Bash("touch never"), Scenario.Answer("a pity"), Bash("touch never"), Scenario.Answer("something else"));

        var unasked = await host.RunAsync(new Conversation { Id = "u", Profile = "coder" }, "go", Token);
        var waiting = await host.RunAsync(Asked(), "go", Token);
        var other = await host.RunAsync(Asked(), "Never mind.", Token);

        Assert.True(Assert.Single(unasked.OfType<ToolFinished>()).IsError);
        Assert.IsType<TurnAwaitsApproval>(waiting[^1]);
        Assert.Equal("something else", Assert.IsType<TurnCompleted>(other[^1]).Text);
        Assert.Empty(Files(host));
    }

    [Theory]
    [InlineData("dontAsk", "Bash", "PermissionMode is 'dontAsk'")]
    [InlineData("default", "Bash(ls)", "AllowedTools has 'Bash(ls)'")]
    public async Task Settings_that_contradict_each_other_stop_the_start(string mode, string rule, string told)
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(profile =>
        {
            profile.PermissionMode = mode;
            if (rule != "Bash")
            {
                profile.AllowedTools.Add(rule);
            }

            profile.ApprovalTimeout = TimeSpan.Zero;
            profile.Approvals["Raed"] = ToolApproval.Ask;
        }));

        Assert.Contains(told, fault.Message, StringComparison.Ordinal);
        Assert.Contains("ApprovalTimeout is 00:00:00", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Approvals:Raed is about a tool that the profile does not have", fault.Message, StringComparison.Ordinal);
    }

    private static Conversation Asked() => new() { Id = "c", Profile = "coder", Approvals = s_asked };

    private static Scenario Bash(string command) => Scenario.ToolUse("Bash", $$"""{"command":"{{command}}"}""");

    private static async Task<List<TurnEvent>> RunAsync(ClaudeHost host, Conversation conversation, UserContent content)
    {
        var events = new List<TurnEvent>();
        await foreach (var turnEvent in host.Conversations.RunTurnAsync(conversation, [content], Token))
        {
            events.Add(turnEvent);
        }

        return events;
    }

    private static IEnumerable<string> Files(ClaudeHost host) => Directory.EnumerateFiles(Path.Combine(host.Home, "coder")).Select(file => Path.GetFileName(file)).Order();

    private static Task<ClaudeHost> StartAsync(Action<AgentProfileOptions>? configure = null) => ClaudeHost.StartAsync(options =>
    {
        var profile = new AgentProfileOptions
        {
            Approval = ToolApproval.Ask,
            WorkingDirectory = Directory.CreateDirectory(Path.Combine(options.HomeDirectory!, "coder")).FullName,
        };
        profile.Tools.Add("Bash");
        configure?.Invoke(profile);
        options.Profiles["coder"] = profile;
    });
}
