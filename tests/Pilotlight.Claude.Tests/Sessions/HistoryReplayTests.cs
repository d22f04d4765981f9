using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Sessions;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>What of a stored history is told to a fresh process.</summary>
public sealed class HistoryReplayTests
{
    private readonly FakeLogger _log = new();

    [Fact]
    public void Messages_with_text_are_told_as_they_are()
    {
        HistoryMessage[] history = [User("one"), Assistant("1"), User("two"), Assistant("2")];

        Assert.Equal(history, Prepare(history));
        Assert.Equal(0, _log.Collector.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n\t")]
    public void An_answer_of_nothing_but_thinking_or_tools_is_left_out(string text)
    {
        var prepared = Prepare(User("one"), Assistant(text, "Bash"), User("two"), Assistant("2"));

        Assert.Equal([HistoryRole.User, HistoryRole.Assistant], prepared.Select(message => message.Role));
        Assert.DoesNotContain("Bash", string.Concat(prepared.Select(message => message.Text)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_message_that_held_only_results_of_tools_is_left_out()
    {
        var prepared = Prepare(User("one"), Assistant("I look.", "Read"), User(""), Assistant("Found."));

        Assert.Equal(["one", "I look.\n\n[used tools: Read]\n\nFound."], prepared.Select(message => message.Text));
    }

    [Fact]
    public void Tools_are_noted_beside_the_text_of_the_answer_that_used_them()
    {
        var prepared = Prepare(User("one"), Assistant("Done.", "Read", "Bash"));

        Assert.Equal("Done.\n\n[used tools: Read, Bash]", prepared[1].Text);
        Assert.Null(prepared[1].ToolNames);
    }

    [Fact]
    public void An_answer_without_tools_gets_no_note() => Assert.Equal("Done.", Prepare(User("one"), Assistant("Done."))[1].Text);

    [Fact]
    public void Names_of_tools_at_a_persons_message_are_not_noted() =>
        Assert.Equal("one", Assert.Single(Prepare(User("one") with { ToolNames = ["Bash"] })).Text);

    [Fact]
    public void Messages_of_one_role_in_a_row_are_joined_with_a_warning_each()
    {
        var prepared = Prepare(User("one"), User("two"), User("three"), Assistant("a"), Assistant("b"));

        Assert.Equal(["one\n\ntwo\n\nthree", "a\n\nb"], prepared.Select(message => message.Text));
        Assert.Equal(3, _log.Collector.Count);
        Assert.All(_log.Collector.GetSnapshot(), record => Assert.Equal(LogLevel.Warning, record.Level));
        Assert.All(_log.Collector.GetSnapshot(), record => Assert.DoesNotContain("three", record.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Calls_and_their_results_are_told_though_no_text_stands_beside_them()
    {
        HistoryMessage[] history =
        [
            User("one"),
            Assistant("") with { Calls = [Call("t1")] },
            User("") with { Content = [new UserToolResult("t1", "rain")] },
            Assistant("Rain."),
        ];

        var prepared = Prepare(history);

        Assert.Equal(4, prepared.Count);
        Assert.Equal("t1", Assert.Single(prepared[1].Calls!).ToolUseId);
        Assert.Equal("rain", Assert.IsType<UserToolResult>(Assert.Single(prepared[2].Content!)).Text);
    }

    [Fact]
    public void Joined_messages_keep_their_calls_and_their_parts_in_order()
    {
        var prepared = Prepare(
            Assistant("a") with { Calls = [Call("t1")] },
            Assistant("b") with { Calls = [Call("t2")] },
            User("plain"),
            User("seen") with { Content = [new UserToolResult("t2", "sun"), new UserText("seen")] });

        Assert.Equal(["t1", "t2"], prepared[0].Calls!.Select(call => call.ToolUseId));
        Assert.Equal([new UserText("plain"), new UserToolResult("t2", "sun"), new UserText("seen")], prepared[1].Content!);
    }

    private IReadOnlyList<HistoryMessage> Prepare(params HistoryMessage[] history) => HistoryReplay.Prepare(history, _log);

    private static HistoryMessage User(string text) => new(HistoryRole.User, text);

    private static HistoryMessage Assistant(string text, params string[] tools) => new(HistoryRole.Assistant, text, tools.Length == 0 ? null : tools);

    private static HistoryToolCall Call(string id) => new(id, "weather", JsonElement.Parse("{}"));
}
