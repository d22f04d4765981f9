using System.Diagnostics;
using System.Globalization;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>A conversation's own process between its turns: what it can be told anew, and what ends it.</summary>
public sealed class HotSessionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("prompt")]
    [InlineData("history")]
    [InlineData("profile")]
    [InlineData("model")]
    public async Task What_a_live_process_cannot_be_told_takes_another_one(string what)
    {
        await using var host = await ClaudeHost.StartAsync(claude => claude.Profiles["other"] = new AgentProfileOptions());
        var conversation = new Conversation { Id = "t", SystemPrompt = "Be brief.", HistoryMark = "1" };
        await host.RunAsync(conversation, "one", Token);

        var changed = what switch
        {
            "prompt" => conversation with { SystemPrompt = "Be long." },
            "history" => conversation with { HistoryMark = "2" },
            "model" => conversation with { Model = "haiku" },
            _ => conversation with { Profile = "other" },
        };
        var events = await host.RunAsync(changed with { History = [new(HistoryRole.User, "one"), new(HistoryRole.Assistant, "edited")] }, "two", Token);

        Assert.NotEqual(AcquireSource.Hot, Assert.IsType<TurnStarted>(events[0]).Source);
        var seen = host.Simulator.MessageRequests[^1];
        Assert.Equal(["one", "edited", "two"], seen.Messages.Select(message => message.Text));
        Assert.EndsWith(changed.SystemPrompt!, seen.SystemPrompt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_has_not_heard_the_last_turn_of_the_history_is_not_used()
    {
        await using var host = await ClaudeHost.StartAsync();
        var conversation = new Conversation { Id = "t", TurnId = "1" };
        await host.RunAsync(conversation, "one", Token);
        var heard = await host.RunAsync(conversation with { LastTurnId = "1", TurnId = "2", History = [new(HistoryRole.User, "one"), new(HistoryRole.Assistant, "a")] }, "two", Token);

        // The third turn ran on another server.
        var events = await host.RunAsync(
            conversation with { LastTurnId = "3", TurnId = "4", History = [new(HistoryRole.User, "three"), new(HistoryRole.Assistant, "c")] }, "four", Token);

        Assert.Equal(AcquireSource.Hot, Assert.IsType<TurnStarted>(heard[0]).Source);
        Assert.NotEqual(AcquireSource.Hot, Assert.IsType<TurnStarted>(events[0]).Source);
        Assert.Equal(["three", "c", "four"], host.Simulator.MessageRequests[^1].Messages.Select(message => message.Text));
    }

    [Fact]
    public async Task Who_waits_for_a_process_gets_the_place_of_a_conversation_that_is_silent()
    {
        await using var host = await ClaudeHost.StartAsync(pool: pool => (pool.MinIdle, pool.MaxIdle, pool.MaxProcesses) = (0, 0, 2));
        await host.RunAsync(new Conversation { Id = "a" }, "one", Token);
        await host.RunAsync(new Conversation { Id = "b" }, "one", Token);

        var events = await host.RunAsync(new Conversation { Id = "c" }, "one", Token);

        Assert.IsType<TurnCompleted>(events[^1]);
        Assert.Equal(["b", "c"], host.Conversations.ListHot().Select(hot => hot.ConversationId).Order());
    }

    [Fact]
    public async Task More_turns_at_once_than_there_are_processes_all_get_one_in_their_time()
    {
        await using var host = await ClaudeHost.StartAsync(
            pool: pool => (pool.MinIdle, pool.MaxIdle, pool.MaxProcesses) = (0, 0, 2), sessions: sessions => sessions.MaxHot = 8);

        var turns = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => host.RunAsync(new Conversation { Id = $"c{i}" }, "one", Token)));

        Assert.All(turns, events => Assert.IsType<TurnCompleted>(events[^1]));
    }

    [Fact]
    public async Task No_more_processes_are_kept_after_many_turns_at_once_than_may_be_kept()
    {
        await using var host = await ClaudeHost.StartAsync(sessions: sessions => sessions.MaxHot = 1);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(i => host.RunAsync(new Conversation { Id = $"c{i}" }, "one", Token)));

        Assert.Single(host.Conversations.ListHot());
    }

    [Fact]
    public async Task All_processes_end_at_once_when_their_conversations_are_not_this_servers_any_more()
    {
        await using var host = await ClaudeHost.StartAsync();
        await host.RunAsync(new Conversation { Id = "idle" }, "hi", Token);
        var busy = host.RunAsync(new Conversation { Id = "busy" }, "[[sim words=2000 rate=20]]", Token);
        while (host.Simulator.MessageRequests.Count < 2)
        {
            await Task.Delay(10, Token);
        }

        await host.Conversations.EndAllAsync();

        Assert.Empty(host.Conversations.ListHot());
        Assert.IsType<TurnFailed>((await busy)[^1]);
    }

    [Fact]
    public async Task A_used_process_never_serves_another_conversation()
    {
        await using var host = await ClaudeHost.StartAsync(sessions: sessions => sessions.MaxHot = 1);
        var used = new HashSet<int>();
        for (var turn = 0; turn < 4; turn++)
        {
            await host.RunAsync(new Conversation { Id = $"t{turn}" }, $"the secret of {turn}", Token);
            Assert.True(used.Add(Leased(host)));
            Assert.Equal([$"the secret of {turn}"], host.Simulator.MessageRequests[^1].Messages.Select(message => message.Text));
        }
    }

    [Fact]
    public async Task A_process_that_stopped_reading_ends_the_turn_instead_of_holding_it()
    {
        await using var host = await ClaudeHost.StartAsync(claude => claude.SilenceTimeout = TimeSpan.FromSeconds(1));
        var conversation = new Conversation { Id = "t" };
        await host.RunAsync(conversation, "one", Token);
        using (var stop = Process.Start("/bin/kill", ["-STOP", Leased(host).ToString(CultureInfo.InvariantCulture)]))
        {
            await stop.WaitForExitAsync(Token);
        }

        // More than its pipe holds: the write itself does not come to an end.
        var events = await host.RunAsync(conversation, new string('x', 4 * 1024 * 1024), Token).WaitAsync(TimeSpan.FromSeconds(60), Token);

        Assert.Equal(TurnErrorKind.Timeout, Assert.IsType<TurnFailed>(events[^1]).Error.Kind);
        Assert.Empty(host.Conversations.CountHot());
    }

    [Fact]
    public async Task A_silent_process_ends_the_turn_and_a_busy_one_does_not()
    {
        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            claude.SilenceTimeout = TimeSpan.FromMilliseconds(300);
            claude.ControlTimeout = TimeSpan.FromSeconds(5);
        });
        host.Simulator.Enqueue(new Simulator.Scenario { Text = "late", FirstTokenDelay = TimeSpan.FromSeconds(2) });
        var conversation = new Conversation { Id = "t" };

        var busy = await host.RunAsync(conversation, "one", Token);
        using (var stop = Process.Start("/bin/kill", ["-STOP", Leased(host).ToString(CultureInfo.InvariantCulture)]))
        {
            await stop.WaitForExitAsync(Token);
        }

        var silent = await host.RunAsync(conversation, "two", Token).WaitAsync(TimeSpan.FromSeconds(60), Token);

        Assert.Equal("late", Assert.IsType<TurnCompleted>(busy[^1]).Text);
        Assert.Equal(TurnErrorKind.Timeout, Assert.IsType<TurnFailed>(silent[^1]).Error.Kind);
    }

    [Fact]
    public async Task Forgetting_a_conversation_in_the_middle_of_its_turn_ends_its_process_with_the_turn()
    {
        await using var host = await ClaudeHost.StartAsync();
        var conversation = new Conversation { Id = "t" };
        var events = new List<TurnEvent>();

        await foreach (var turnEvent in host.Conversations.RunTurnAsync(conversation, [new UserText("one")], Token))
        {
            events.Add(turnEvent);
            if (turnEvent is TextDelta)
            {
                await host.Conversations.ForgetAsync("t", Token).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Token);
            }
        }

        Assert.IsType<TurnCompleted>(events[^1]);
        Assert.Empty(host.Conversations.ListHot());
        Assert.NotEqual(AcquireSource.Hot, Assert.IsType<TurnStarted>((await host.RunAsync(conversation, "two", Token))[0]).Source);
    }

    private static int Leased(ClaudeHost host) =>
        Assert.Single(host.Pool.GetSnapshot().Profiles.SelectMany(profile => profile.Processes), row => row.IsLeased).ProcessId;
}
