using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>Stored conversations taken up by a fresh process: what the API sees of them.</summary>
public sealed class ReplayTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(20)]
    public async Task A_stored_conversation_reaches_the_api_message_by_message(int turns)
    {
        await using var host = await ClaudeHost.StartAsync(pool: ClaudeHost.OneParked);
        await host.WaitForWarmthAsync(Token);
        var history = History(turns);

        var events = await host.RunAsync(new Conversation { Id = "t", History = history }, "the next question", Token);

        Assert.Equal(AcquireSource.Warm, Assert.IsType<TurnStarted>(events[0]).Source);
        Assert.IsType<TurnCompleted>(events[^1]);
        var seen = Assert.Single(host.Simulator.MessageRequests);
        Assert.Equal(
            [.. history.Select(message => $"{(message.Role == HistoryRole.User ? "user" : "assistant")}: {message.Text}"), "user: the next question"],
            seen.Messages.Select(message => $"{message.Role}: {message.Text}"));
    }

    [Fact]
    public async Task What_the_api_sees_is_the_same_whether_the_turns_were_lived_or_replayed()
    {
        await using var host = await ClaudeHost.StartAsync();
        var lived = new Conversation { Id = "lived" };
        await host.RunAsync(lived, "one", Token);
        await host.RunAsync(lived, "two", Token);
        await host.RunAsync(lived, "three", Token);
        var first = host.Simulator.MessageRequests[^1];
        var answers = first.Messages.Where(message => message.Role == "assistant").Select(message => message.Text).ToArray();

        await host.RunAsync(
            new Conversation
            {
                Id = "replayed",
                History =
                [
                    new(HistoryRole.User, "one"), new(HistoryRole.Assistant, answers[0]),
                    new(HistoryRole.User, "two"), new(HistoryRole.Assistant, answers[1]),
                ],
            },
            "three",
            Token);

        var second = host.Simulator.MessageRequests[^1];
        Assert.Equal(first.SystemPrompt, second.SystemPrompt);
        Assert.Equal(
            first.Messages.Select(message => (message.Role, message.Text)),
            second.Messages.Select(message => (message.Role, message.Text)));
    }

    [Fact]
    public async Task A_thread_made_ready_after_its_eviction_does_not_replay_in_its_turn()
    {
        await using var host = await ClaudeHost.StartAsync(pool: ClaudeHost.OneParked);
        var conversation = new Conversation { Id = "t", History = History(5) };
        await host.RunAsync(conversation with { History = [] }, "before", Token);
        await host.Conversations.ForgetAsync("t", Token);

        await host.Conversations.WarmAsync(conversation, Token);
        var process = Assert.Single(host.Pool.GetSnapshot().Profiles.SelectMany(profile => profile.Processes), row => row.IsLeased).ProcessId;
        var events = await host.RunAsync(conversation, "after", Token);

        Assert.Equal(AcquireSource.Warm, Assert.IsType<TurnStarted>(events[0]).Source);
        Assert.Equal(process, Assert.Single(host.Pool.GetSnapshot().Profiles.SelectMany(profile => profile.Processes), row => row.IsLeased).ProcessId);
        Assert.Equal(11, host.Simulator.MessageRequests[^1].Messages.Count);
    }

    [Fact]
    public async Task A_thread_made_ready_twice_is_made_ready_once()
    {
        await using var host = await ClaudeHost.StartAsync();
        var conversation = new Conversation { Id = "t", History = History(2) };

        await Task.WhenAll(host.Conversations.WarmAsync(conversation, Token), host.Conversations.WarmAsync(conversation, Token));
        await host.RunAsync(conversation, "now", Token);

        Assert.Equal(5, Assert.Single(host.Simulator.MessageRequests).Messages.Count);
        Assert.Equal(1, host.Conversations.CountHot().Values.Sum());
    }

    private static HistoryMessage[] History(int turns) =>
    [
        .. Enumerable.Range(1, turns).SelectMany(turn => new HistoryMessage[]
        {
            new(HistoryRole.User, $"question {turn}"), new(HistoryRole.Assistant, $"answer {turn}"),
        }),
    ];
}
