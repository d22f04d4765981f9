using System.Diagnostics;
using System.Globalization;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>What a turn used is told while it grows, so that no way of ending it escapes the bill.</summary>
public sealed class UsageTests
{
    private static readonly Conversation Chat = new() { Id = "t" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Input_tokens_and_the_models_name_are_told_before_the_first_text()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(new Scenario { Text = "one two", InputTokens = 1200, CacheReadTokens = 30, CacheWriteTokens = 7 });

        var events = await host.RunAsync(Chat, "hi", Token);

        var told = Assert.IsType<UsageGrew>(events.First(one => one is UsageGrew or TextDelta));
        Assert.Equal((1200, 30, 7), (told.Usage.InputTokens, told.Usage.CacheReadTokens, told.Usage.CacheWriteTokens));
        Assert.StartsWith("claude-sonnet", told.Model, StringComparison.Ordinal);
        Assert.Equal(Assert.IsType<TurnCompleted>(events[^1]).Usage, events.OfType<UsageGrew>().Last().Usage);
    }

    [Fact]
    public async Task A_turn_that_is_stopped_in_its_answer_is_counted_under_the_model_that_answered()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(new Scenario { Text = "one two three four", StallAfterTokens = 3, InputTokens = 1200 });

        var cancelled = Assert.IsType<TurnCancelled>((await StopAtTextAsync(host, _ => { }))[^1]);

        Assert.Equal(1200, cancelled.Usage.InputTokens);
        Assert.True(cancelled.Usage.OutputTokens > 0);
        Assert.True(cancelled.CostUsd > 0);
        Assert.StartsWith("claude-sonnet", cancelled.Model, StringComparison.Ordinal);
    }

    [Fact]
    public async Task So_is_one_whose_process_takes_no_interrupt()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(new Scenario { Text = "one two three four", StallAfterTokens = 3, InputTokens = 1200 });

        var cancelled = Assert.IsType<TurnCancelled>((await StopAtTextAsync(host, process => Signal("-STOP", process)))[^1]);

        Assert.Equal(1200, cancelled.Usage.InputTokens);
        Assert.StartsWith("claude-sonnet", cancelled.Model, StringComparison.Ordinal);
    }

    [Fact]
    public async Task So_is_one_whose_process_dies()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(new Scenario { Text = "one two three four", StallAfterTokens = 3, InputTokens = 1200 });

        var events = new List<TurnEvent>();
        await foreach (var turnEvent in host.Conversations.RunTurnAsync(Chat, [new UserText("hi")], Token))
        {
            events.Add(turnEvent);
            if (turnEvent is TextDelta && events.OfType<TextDelta>().Count() == 1)
            {
                Signal("-KILL", ProcessOf(host));
            }
        }

        var failed = Assert.IsType<TurnFailed>(events[^1]);
        Assert.Equal(1200, failed.Usage.InputTokens);
        Assert.StartsWith("claude-sonnet", failed.Model, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_is_cut_and_begun_anew_counts_each_attempt()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(
            new Scenario { Text = "one two three", CutAfterTokens = 2, InputTokens = 1000 },
            new Scenario { Text = "one two three", InputTokens = 1000 });

        var events = await host.RunAsync(Chat, "hi", Token);

        Assert.Equal(2000, Assert.IsType<TurnCompleted>(events[^1]).Usage.InputTokens);
        Assert.Equal(2000, events.OfType<UsageGrew>().Last().Usage.InputTokens);
        AssertNeverFalls(events);
    }

    [Fact]
    public async Task Several_calls_of_the_api_in_one_turn_are_added_up_once_each()
    {
        await using var host = await ClaudeHost.StartAsync(claude => claude.Profiles["coder"] = Coder("Bash"));
        host.Simulator.Enqueue(
            Scenario.ToolUse("Bash", """{"command":"true"}""") with { InputTokens = 1000 },
            new Scenario { Text = "done and done", InputTokens = 1100 });

        var events = await host.RunAsync(Chat with { Profile = "coder" }, "go", Token);

        Assert.Equal([1000, 2100], events.OfType<UsageGrew>().Select(grown => grown.Usage.InputTokens).Distinct());
        Assert.Equal(2100, Assert.IsType<TurnCompleted>(events[^1]).Usage.InputTokens);
        AssertNeverFalls(events);
    }

    [Fact]
    public async Task What_a_subagent_uses_is_the_turns()
    {
        await using var host = await ClaudeHost.StartAsync(claude => claude.Profiles["coder"] = Coder("Task", "Bash"));
        host.Simulator.Enqueue(
            Scenario.ToolUse(
                "Agent", """{"description":"count","prompt":"count the stars","subagent_type":"general-purpose","run_in_background":false}""") with { InputTokens = 1000 },
            Scenario.ToolUse("Bash", """{"command":"true"}""") with { InputTokens = 500 },
            new Scenario { Text = "seven stars", InputTokens = 600 },
            new Scenario { Text = "there are seven", InputTokens = 1100 });

        var events = await host.RunAsync(Chat with { Profile = "coder" }, "go", Token);

        var completed = Assert.IsType<TurnCompleted>(events[^1]);
        Assert.Equal("there are seven", completed.Text);
        Assert.Equal(3200, completed.Usage.InputTokens);

        // The CLI shows a subagent's messages that call tools and not its last one; the wire shows all.
        Assert.Equal([1000, 1500, 2100, 3200], events.OfType<UsageGrew>().Select(grown => grown.Usage.InputTokens).Distinct());
        AssertNeverFalls(events);
    }

    private static AgentProfileOptions Coder(params string[] tools)
    {
        var coder = new AgentProfileOptions();
        foreach (var tool in tools)
        {
            coder.Tools.Add(tool);
            coder.AllowedTools.Add(tool);
        }

        return coder;
    }

    private static void AssertNeverFalls(IEnumerable<TurnEvent> events)
    {
        var told = events.OfType<UsageGrew>().Select(grown => grown.Usage).ToList();
        Assert.All(told.Zip(told.Skip(1)), pair => Assert.Equal(TurnUsage.None, pair.First - pair.Second));
    }

    private static async Task<IReadOnlyList<TurnEvent>> StopAtTextAsync(ClaudeHost host, Action<int> before)
    {
        using var stop = new CancellationTokenSource();
        var events = new List<TurnEvent>();
        await foreach (var turnEvent in host.Conversations.RunTurnAsync(Chat, [new UserText("hi")], stop.Token))
        {
            events.Add(turnEvent);
            if (turnEvent is TextDelta && !stop.IsCancellationRequested)
            {
                before(ProcessOf(host));
                await stop.CancelAsync();
            }
        }

        return events;
    }

    private static int ProcessOf(ClaudeHost host) => Assert.Single(host.Conversations.ListHot()).ProcessId;

    private static void Signal(string signal, int process)
    {
        using var kill = Process.Start("/bin/kill", [signal, process.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
