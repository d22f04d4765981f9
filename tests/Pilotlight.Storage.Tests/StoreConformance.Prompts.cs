using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Storage.Tests;

public abstract partial class StoreConformance
{
    private const string Prompt = """{"content":[{"type":"text","text":"a \u0000 b"}]}""";
    private const string Calls = """[{"id":"c1","name":"weather","input":{}}]""";

    [Fact]
    public async Task What_a_turn_asks_and_the_calls_it_ends_with_are_history()
    {
        await ThreadAsync("a");
        await AskAsync("a", "t1");
        await CompleteAsync("a", "t2", await OpenEpochAsync(), "plain", "answer");

        var history = await Threads.ReadHistoryAsync("a", Token);

        Assert.Equal([Prompt, null, null, null], history.Select(message => message.Prompt));
        Assert.Equal([null, Calls, null, null], history.Select(message => message.Calls));
        Assert.Equal(Prompt, await Turns.ReadPromptAsync("t1", Token));
        Assert.Null(await Turns.ReadPromptAsync("t2", Token));
        Assert.Equal("a", (await Turns.FindByIdAsync("t1", Token))!.ThreadId);
        Assert.Null(await Turns.FindByIdAsync("none", Token));
    }

    [Fact]
    public async Task Turns_are_copied_into_another_thread_in_their_order()
    {
        await ThreadAsync("a");
        await AskAsync("a", "t1");
        await CompleteAsync("a", "t2", await OpenEpochAsync(), "second", "answer");
        await ThreadAsync("b");

        await Turns.CopyAsync("b", "key", [new CopiedTurn("t1", "x1", "xu1", "xa1"), new CopiedTurn("t2", "x2", "xu2", "xa2")], Token);

        var (from, to) = (await Threads.ReadHistoryAsync("a", Token), await Threads.ReadHistoryAsync("b", Token));
        Assert.Equal(from.Select(Plain), to.Select(Plain));
        Assert.Equal(["xu1", "xa1", "xu2", "xa2"], to.Select(message => message.Id));
        Assert.Equal((TurnState.Completed, "key"), ((await Turns.FindByIdAsync("x2", Token))!.State, (await Turns.FindByIdAsync("x2", Token))!.KeyId));
        Assert.Equal(AcceptStatus.Accepted, (await AcceptAsync(NewTurn("b", "x3", "third"))).Status);

        static (string, string, string?, string?, decimal?) Plain(StoredMessage message) => (message.Role, message.Text, message.Prompt, message.Calls, message.CostUsd);
    }

    private async Task AskAsync(string thread, string id)
    {
        var (epoch, turn) = (await OpenEpochAsync(), NewTurn(thread, id, "asked"));
        await Turns.AcceptAsync(new NewTurnRequest(turn, epoch, Prompt: Prompt), Now, Token);
        await Turns.TryStartAsync(id, epoch, Now, Token);
        var answer = new StoredMessage(turn.AnswerMessageId, thread, id, "assistant", "", "complete", "claude", null, null, null, null, null, null, Now) { Calls = Calls };
        Assert.True(await Turns.EndAsync(id, epoch, new TurnOutcome(TurnState.Completed, answer), [new(1, "turn.completed", "{}")], Now, Token));
    }
}
