using System.Text.Json;
using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Context;
using Pilotlight.Core.Steps;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Tests.Steps;

/// <summary>What tools did, in the conversation that a fresh process is told.</summary>
public sealed class HistoryStepTests
{
    [Fact]
    public void Calls_of_an_agents_tools_are_told_as_calls_and_without_tools_in_words()
    {
        var history = Thread("coder", "a.txt").ToConversation(0, "next", null).Conversation.History;
        var chat = Thread(null, "a.txt").ToConversation(0, "next", null).Conversation.History;

        Assert.Equal([HistoryRole.User, HistoryRole.Assistant, HistoryRole.User, HistoryRole.Assistant], history.Select(message => message.Role));
        var call = Assert.Single(history[1].Calls!);
        Assert.Equal(("c1", "Bash"), (call.ToolUseId, call.Name));
        Assert.Equal(("c1", "a.txt"), Assert.IsType<UserToolResult>(Assert.Single(history[2].Content!)) is var result ? (result.ToolUseId, result.Text) : default);
        Assert.Equal(("I look. ", "There is one."), (history[1].Text, history[3].Text));
        Assert.All(chat, message => Assert.Null(message.Calls));
        Assert.Contains(chat, message => message.Content?.OfType<UserText>().Any(part => part.Text.Contains("[Bash returned] a.txt", StringComparison.Ordinal)) == true);
    }

    [Fact]
    public void What_tools_returned_counts_in_the_context()
    {
        var limits = new ContextLimits(Options.Create(new LimitOptions { SoftTokens = 1500, HardTokens = 3000 }), Options.Create(new ClaudeOptions()));

        Assert.Equal(0, limits.Fit(Thread("coder", "a.txt"), "next").DroppedTurns);
        Assert.Equal(1, limits.Fit(Thread("coder", string.Concat(Enumerable.Range(0, 2000).Select(number => $"file{number}.txt\n"))), "next").DroppedTurns);
    }

    private static HotThread Thread(string? profile, string result)
    {
        var now = DateTimeOffset.UnixEpoch;
        var question = new StoredMessage("m1", "t", "trn", "user", "What is here?", "complete", null, null, null, null, null, null, null, now);
        var answer = new StoredMessage("m2", "t", "trn", "assistant", "I look. There is one.", "complete", "claude", new TurnUsage(1, 1, 0, 0), null, "hot", 1, 1, ["Bash"], now)
        {
            Steps = [new MessageStep("I look. ", [new StepCall("c1", "Bash", JsonElement.Parse("""{"command":"ls"}"""), result, false, null) { HasReturned = true }])],
        };
        return new HotThread(new ChatThread("t", null, null, null, profile, 0, now, now), [HistoryTurn.Of([question, answer])]);
    }
}
