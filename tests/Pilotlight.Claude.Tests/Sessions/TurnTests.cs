using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>Turns on the real CLI against the simulator.</summary>
public sealed class TurnTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_turn_is_hot_and_the_model_sees_both()
    {
        await using var host = await ClaudeHost.StartAsync(pool: ClaudeHost.OneParked);
        await host.WaitForWarmthAsync(Token);
        var conversation = new Conversation { Id = "t" };

        var first = await host.RunAsync(conversation, "What is a lease?", Token);
        var second = await host.RunAsync(conversation, "And a turn?", Token);

        Assert.Equal(AcquireSource.Warm, Assert.IsType<TurnStarted>(first[0]).Source);
        Assert.Equal(AcquireSource.Hot, Assert.IsType<TurnStarted>(second[0]).Source);
        var completed = Assert.IsType<TurnCompleted>(second[^1]);
        Assert.Equal(string.Concat(second.OfType<TextDelta>().Select(delta => delta.Text)), completed.Text);
        Assert.Contains("And a turn?", completed.Text, StringComparison.Ordinal);
        Assert.StartsWith("claude-sonnet", completed.Model, StringComparison.Ordinal);
        Assert.True(completed.Usage.OutputTokens > 0);
        var seen = host.Simulator.MessageRequests[^1];
        Assert.Equal(["user", "assistant", "user"], seen.Messages.Select(message => message.Role));
    }

    [Fact]
    public async Task Cost_and_usage_are_of_the_turn_alone()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.When(_ => true, new Scenario { Text = "same answer", InputTokens = 1000 });
        var conversation = new Conversation { Id = "t" };

        var first = Assert.IsType<TurnCompleted>((await host.RunAsync(conversation, "a", Token))[^1]);
        var second = Assert.IsType<TurnCompleted>((await host.RunAsync(conversation, "b", Token))[^1]);

        Assert.True(first.CostUsd > 0);
        Assert.Equal(first.CostUsd!.Value, second.CostUsd!.Value, 8);
        Assert.Equal(first.Usage, second.Usage);
    }

    [Fact]
    public async Task A_stored_history_is_replayed_as_alternating_messages()
    {
        await using var host = await ClaudeHost.StartAsync();
        var conversation = new Conversation
        {
            Id = "t",
            SystemPrompt = "Answer in rhymes.",
            Model = "haiku",
            History =
            [
                new(HistoryRole.User, "one"), new(HistoryRole.Assistant, "first answer"),
                new(HistoryRole.User, "two"), new(HistoryRole.Assistant, "second answer", ["Bash"]),
            ],
        };

        var events = await host.RunAsync(conversation, "three", Token);

        Assert.IsType<TurnCompleted>(events[^1]);
        var seen = Assert.Single(host.Simulator.MessageRequests);
        Assert.Equal(
            ["user: one", "assistant: first answer", "user: two", "assistant: second answer\n\n[used tools: Bash]", "user: three"],
            seen.Messages.Select(message => $"{message.Role}: {message.Text}"));
        Assert.EndsWith("Answer in rhymes.", seen.SystemPrompt, StringComparison.Ordinal);
        Assert.Contains("haiku", seen.Model, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@{0} what is this")]
    [InlineData("what is @{0}")]
    [InlineData("/cost")]
    [InlineData("/compact now")]
    [InlineData("!cat {0}")]
    [InlineData("line\n@{0}\n/cost\n!cat {0}")]
    public async Task User_text_is_only_text(string pattern)
    {
        await using var host = await ClaudeHost.StartAsync();
        var secret = Path.Combine(host.Home, "secret.txt");
        await File.WriteAllTextAsync(secret, "the-secret-of-the-server", Token);
        var text = pattern.Replace("{0}", secret, StringComparison.Ordinal);
        var history = new Conversation { Id = "t", History = [new(HistoryRole.User, text), new(HistoryRole.Assistant, "ok")] };

        var events = await host.RunAsync(history, text, Token);

        Assert.IsType<TurnCompleted>(events[^1]);
        var seen = Assert.Single(host.Simulator.MessageRequests);
        Assert.Equal([text, "ok", text], seen.Messages.Select(message => message.Text));
        Assert.DoesNotContain("the-secret-of-the-server", seen.Body.GetRawText(), StringComparison.Ordinal);
        Assert.Empty(seen.Tools);
    }

    [Fact]
    public async Task A_wrong_key_ends_the_turn_at_once_as_what_it_is()
    {
        await using var host = await ClaudeHost.StartAsync(pool: ClaudeHost.OneParked);
        host.Simulator.When(_ => true, Scenario.Status(401, message: "invalid x-api-key"));
        await host.WaitForWarmthAsync(Token);

        var events = await host.RunAsync(new Conversation { Id = "t" }, "hi", Token);

        var failed = Assert.IsType<TurnFailed>(events[^1]);
        Assert.Equal(TurnErrorKind.Authentication, failed.Error.Kind);
        Assert.Equal(401, failed.Error.Status);

        // Ten retries would have been announced, and minutes would have passed.
        Assert.InRange(host.Simulator.MessageRequests.Count, 1, 2);
    }

    [Fact]
    public async Task An_overload_is_retried_and_said()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.Status(529), Scenario.Answer("at last"));

        var events = await host.RunAsync(new Conversation { Id = "t" }, "hi", Token);

        Assert.Equal(529, Assert.Single(events.OfType<TurnRetrying>()).Status);
        Assert.Equal("at last", Assert.IsType<TurnCompleted>(events[^1]).Text);
    }

    [Fact]
    public async Task Retries_end_with_their_deadline()
    {
        await using var host = await ClaudeHost.StartAsync(claude => claude.RetryDeadline = TimeSpan.FromMilliseconds(1));
        host.Simulator.When(_ => true, Scenario.Status(529));

        var events = await host.RunAsync(new Conversation { Id = "t" }, "hi", Token);

        var failed = Assert.IsType<TurnFailed>(events[^1]);
        Assert.True(failed.Error.Kind == TurnErrorKind.Overloaded, failed.Error.Message);
    }

    [Fact]
    public async Task A_cut_stream_voids_what_was_streamed_and_the_answer_is_whole()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.Cut("one two three four", afterTokens: 2), Scenario.Answer("one two three four"));

        var events = await host.RunAsync(new Conversation { Id = "t" }, "hi", Token);

        Assert.Contains(events, turnEvent => turnEvent is TextReset);
        Assert.Equal("one two three four", Assert.IsType<TurnCompleted>(events[^1]).Text);
        Assert.Equal("one two three four", TextAfterLastReset(events));
    }

    [Fact]
    public async Task Thinking_is_told_apart_from_text()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.Thinking("let me see", "the answer"));

        var events = await host.RunAsync(new Conversation { Id = "t" }, "hi", Token);

        Assert.Equal("let me see", string.Concat(events.OfType<ThinkingDelta>().Select(delta => delta.Text)));
        Assert.Equal("the answer", Assert.IsType<TurnCompleted>(events[^1]).Text);
    }

    [Fact]
    public async Task A_profile_with_tools_runs_them_and_the_chat_profile_has_none()
    {
        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            var coder = new AgentProfileOptions();
            coder.Tools.Add("Bash");
            coder.AllowedTools.Add("Bash(echo:*)");
            claude.Profiles["coder"] = coder;
        });
        host.Simulator.Enqueue(
            Scenario.ToolUse("Bash", """{"command":"echo from-the-tool"}""", "I look."), Scenario.Answer("Done."),
            Scenario.ToolUse("Bash", """{"command":"echo never"}"""), Scenario.Answer("No tool."));

        var agent = await host.RunAsync(new Conversation { Id = "a", Profile = "coder" }, "use it", Token);
        var chat = await host.RunAsync(new Conversation { Id = "c" }, "use it", Token);

        Assert.Equal("Bash", Assert.Single(agent.OfType<ToolStarted>()).Name);
        var finished = Assert.Single(agent.OfType<ToolFinished>());
        Assert.False(finished.IsError);
        Assert.Contains("from-the-tool", finished.Summary, StringComparison.Ordinal);
        Assert.Equal("I look.Done.", Assert.IsType<TurnCompleted>(agent[^1]).Text);
        Assert.True(Assert.Single(chat.OfType<ToolFinished>()).IsError);
    }

    [Fact]
    public async Task An_idle_session_gives_up_its_process_and_the_next_turn_replays()
    {
        await using var host = await ClaudeHost.StartAsync(sessions: sessions => sessions.IdleTimeout = TimeSpan.FromMilliseconds(200));
        var conversation = new Conversation { Id = "t" };
        await host.RunAsync(conversation, "one", Token);
        while (host.Conversations.CountHot().Count > 0)
        {
            await Task.Delay(10, Token);
        }

        var next = await host.RunAsync(
            conversation with { History = [new(HistoryRole.User, "one"), new(HistoryRole.Assistant, "first")] }, "two", Token);

        Assert.NotEqual(AcquireSource.Hot, Assert.IsType<TurnStarted>(next[0]).Source);
        Assert.Equal(["one", "first", "two"], host.Simulator.MessageRequests[^1].Messages.Select(message => message.Text));
    }

    [Fact]
    public async Task A_session_is_evicted_on_time_while_another_conversation_goes_on()
    {
        await using var host = await ClaudeHost.StartAsync(sessions: sessions => sessions.IdleTimeout = TimeSpan.FromMilliseconds(400));
        await host.RunAsync(new Conversation { Id = "idle" }, "hi", Token);
        host.Simulator.Enqueue(Scenario.Stall("one two", afterTokens: 1));
        using var stop = new CancellationTokenSource();
        await using var busy = host.Conversations.RunTurnAsync(new Conversation { Id = "busy" }, [new UserText("hi")], stop.Token).GetAsyncEnumerator(Token);
        Assert.True(await busy.MoveNextAsync());

        // The busy one has never finished a turn, and its process is not to be taken from it.
        while (host.Conversations.CountHot().Values.Sum() > 1)
        {
            await Task.Delay(10, Token);
        }

        Assert.Equal(1, host.Conversations.CountHot()["chat"]);
        await stop.CancelAsync();
        TurnEvent? last = null;
        while (await busy.MoveNextAsync())
        {
            last = busy.Current;
        }

        Assert.IsType<TurnCancelled>(last);
    }

    [Fact]
    public async Task More_conversations_than_may_be_hot_displace_the_one_unused_for_longest()
    {
        await using var host = await ClaudeHost.StartAsync(sessions: sessions => sessions.MaxHot = 2);
        foreach (var id in new[] { "a", "b", "c" })
        {
            await host.RunAsync(new Conversation { Id = id }, "hi", Token);
        }

        Assert.Equal(2, host.Conversations.CountHot()["chat"]);
        var again = await host.RunAsync(new Conversation { Id = "b" }, "hi", Token);
        Assert.Equal(AcquireSource.Hot, Assert.IsType<TurnStarted>(again[0]).Source);
    }

    [Fact]
    public async Task Cancelling_interrupts_the_model_and_keeps_the_session()
    {
        await using var host = await ClaudeHost.StartAsync();
        host.Simulator.Enqueue(Scenario.Stall("one two three four", afterTokens: 2), Scenario.Answer("next"));
        var conversation = new Conversation { Id = "t" };
        using var stop = new CancellationTokenSource();

        var events = new List<TurnEvent>();
        await foreach (var turnEvent in host.Conversations.RunTurnAsync(conversation, [new UserText("hi")], stop.Token))
        {
            events.Add(turnEvent);
            if (turnEvent is TextDelta)
            {
                await stop.CancelAsync();
            }
        }

        Assert.StartsWith("one ", Assert.IsType<TurnCancelled>(events[^1]).PartialText, StringComparison.Ordinal);
        var next = await host.RunAsync(conversation, "go on", Token);
        Assert.Equal(AcquireSource.Hot, Assert.IsType<TurnStarted>(next[0]).Source);
        Assert.Equal("next", Assert.IsType<TurnCompleted>(next[^1]).Text);
    }

    [Fact]
    public async Task A_process_killed_in_a_turn_ends_it_as_a_crash_and_the_next_turn_goes_on()
    {
        await using var host = await ClaudeHost.StartAsync(pool: ClaudeHost.OneParked);
        host.Simulator.Enqueue(Scenario.Stall("one two three", afterTokens: 2), Scenario.Answer("recovered"));
        var conversation = new Conversation { Id = "t" };

        var events = new List<TurnEvent>();
        await foreach (var turnEvent in host.Conversations.RunTurnAsync(conversation, [new UserText("hi")], Token))
        {
            events.Add(turnEvent);
            if (turnEvent is TextDelta)
            {
                foreach (var process in host.Pool.GetSnapshot().Profiles.SelectMany(profile => profile.Processes).Where(row => row.IsLeased))
                {
                    System.Diagnostics.Process.GetProcessById(process.ProcessId).Kill();
                }
            }
        }

        var failed = Assert.IsType<TurnFailed>(events[^1]);
        Assert.Equal(TurnErrorKind.CliCrashed, failed.Error.Kind);
        Assert.StartsWith("one ", failed.PartialText, StringComparison.Ordinal);
        var next = await host.RunAsync(conversation, "again", Token);
        Assert.Equal("recovered", Assert.IsType<TurnCompleted>(next[^1]).Text);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_process_that_died_before_the_turn_costs_no_answer(bool hot)
    {
        await using var host = await ClaudeHost.StartAsync(pool: ClaudeHost.OneParked);
        host.Simulator.Enqueue(Scenario.Answer("first"), Scenario.Answer("second"));
        await host.WaitForWarmthAsync(Token);
        if (hot)
        {
            await host.RunAsync(new Conversation { Id = "t" }, "one", Token);
        }

        // Killed and used in the same breath: nobody has noticed yet.
        foreach (var process in host.Pool.GetSnapshot().Profiles.SelectMany(profile => profile.Processes).Where(row => row.IsLeased == hot))
        {
            System.Diagnostics.Process.GetProcessById(process.ProcessId).Kill();
        }

        var conversation = new Conversation { Id = "t", History = hot ? [new(HistoryRole.User, "one"), new(HistoryRole.Assistant, "first")] : [] };
        var events = await host.RunAsync(conversation, "two", Token);

        Assert.Single(events.OfType<TurnStarted>());
        Assert.Equal(hot ? "second" : "first", Assert.IsType<TurnCompleted>(events[^1]).Text);
    }

    [Fact]
    public async Task A_thread_made_ready_ahead_takes_its_turn_without_waiting_for_a_process()
    {
        await using var host = await ClaudeHost.StartAsync(pool: pool => pool.MinIdle = 0);
        var conversation = new Conversation { Id = "t", History = [new(HistoryRole.User, "one"), new(HistoryRole.Assistant, "two")] };

        await host.Conversations.WarmAsync(conversation, Token);
        var events = await host.RunAsync(conversation, "three", Token);

        Assert.Equal(AcquireSource.Warm, Assert.IsType<TurnStarted>(events[0]).Source);
        Assert.Equal(["one", "two", "three"], Assert.Single(host.Simulator.MessageRequests).Messages.Select(message => message.Text));
    }

    [Fact]
    public async Task Without_a_pool_turns_still_run_cold()
    {
        await using var host = await ClaudeHost.StartAsync(pool: pool => pool.MinIdle = pool.MaxIdle = 0, sessions: sessions => sessions.MaxHot = 0);

        var first = await host.RunAsync(new Conversation { Id = "a" }, "hi", Token);

        Assert.Equal(AcquireSource.Cold, Assert.IsType<TurnStarted>(first[0]).Source);
        Assert.IsType<TurnCompleted>(first[^1]);
        Assert.Equal(0, host.Pool.GetSnapshot().Profiles.Sum(profile => profile.Parked + profile.Leased));
    }

    [Fact]
    public async Task Without_a_cli_the_host_starts_and_a_turn_says_what_to_do()
    {
        await using var host = await ClaudeHost.StartAsync(claude => claude.Path = "/nowhere/claude");

        var events = await host.RunAsync(new Conversation { Id = "t" }, "hi", Token);

        var failed = Assert.IsType<TurnFailed>(Assert.Single(events));
        Assert.Equal(TurnErrorKind.CliUnavailable, failed.Error.Kind);
        Assert.Contains("/nowhere/claude", failed.Error.Message, StringComparison.Ordinal);
    }

    private static string TextAfterLastReset(IReadOnlyList<TurnEvent> events)
    {
        var text = "";
        foreach (var turnEvent in events)
        {
            text = turnEvent switch { TextReset => "", TextDelta delta => text + delta.Text, _ => text };
        }

        return text;
    }
}
