using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Turns;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>A thread's turn has one end, which is stored and told, whatever becomes of its store and of those who listen.</summary>
public sealed class TurnServiceTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TurnCompleted Whole = new("said", "claude-x", new TurnUsage(5, 2, 0, 0), 0.01m, null, null, TimeSpan.Zero);

    private readonly FakeStore _store = new();
    private EngineRig<FakeStore>? _rig;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _rig?.Dispose();

    [Fact]
    public async Task A_turn_whose_old_one_cannot_be_taken_out_runs_all_the_same()
    {
        var rig = Rig(new ScriptedConversations(Whole));

        var (turn, live, _) = await rig.Service.BeginAsync(Caller.Local, "t", "again", null, Token, replaces: "old");
        await live!.Ended.WaitAsync(Patience, Token);

        Assert.Equal([(turn.Id, TurnState.Completed)], _store.Ended);
        Assert.Equal((0, 0), (rig.Running.Count, rig.Places.Taken));
        Assert.Empty(rig.Epoch.Leases);
    }

    [Fact]
    public async Task An_end_that_cannot_be_stored_is_tried_again_until_it_is_and_stays_what_it_was()
    {
        var rig = Rig(new ScriptedConversations(new TextDelta("said"), Whole));
        _store.Failing = () => new StorageUnavailableException("The store is away.");

        var (turn, live, _) = await rig.Service.BeginAsync(Caller.Local, "t", "hi", null, Token);
        var reading = ReadAsync(rig, turn.Id);
        await AdvanceUntilAsync(rig, () => _store.Refused >= 4);
        Assert.Equal(1, rig.Places.Taken);
        _store.Failing = null;
        await AdvanceUntilAsync(rig, () => live!.Ended.IsCompleted);

        Assert.Equal([(turn.Id, TurnState.Completed)], _store.Ended);
        Assert.Equal("said", _store.Messages.Single(message => message.Role == "assistant").Text);
        Assert.Equal(["text.delta", "turn.completed"], (await reading).Select(stored => stored.Type));
        Assert.Equal(0, rig.Places.Taken);
    }

    [Fact]
    public async Task An_end_that_was_stored_and_whose_answer_was_lost_is_told_as_it_is_stored()
    {
        var rig = Rig(new ScriptedConversations(new TextDelta("said"), Whole));
        _store.LosesAnswers = true;

        var (turn, live, _) = await rig.Service.BeginAsync(Caller.Local, "t", "hi", null, Token);
        var reading = ReadAsync(rig, turn.Id);
        await AdvanceUntilAsync(rig, () => live!.Ended.IsCompleted);

        Assert.Equal([(turn.Id, TurnState.Completed)], _store.Ended);
        Assert.Equal([1L, 2], (await reading).Select(stored => stored.Id));
    }

    [Fact]
    public async Task A_turn_is_paid_by_what_was_seen_of_it_under_the_model_that_answered()
    {
        var conversations = new ScriptedConversations(new UsageGrew(new TurnUsage(12, 1, 0, 0), "claude-x"), new TextDelta("sa"), Whole)
        {
            Gate = new TaskCompletionSource(),
        };
        var rig = Rig(conversations);

        var (turn, live, _) = await rig.Service.BeginAsync(Caller.Local, "t", "hi", null, Token);
        await conversations.Said.Task.WaitAsync(Patience, Token);
        await rig.Service.CancelAsync(turn.Id);
        await live!.Ended.WaitAsync(Patience, Token);

        var bill = Assert.Single(_store.Bills);
        Assert.Equal(("claude-x", new TurnUsage(12, 1, 0, 0)), (bill!.Model, bill.Usage));
        Assert.True(bill.CostUsd > 0);
    }

    [Fact]
    public async Task A_turn_that_runs_elsewhere_is_followed_and_cancelled_through_the_store()
    {
        var rig = Rig(new ScriptedConversations(Whole));
        _store.Elsewhere = TurnState.Started;
        _store.Events.Add(new StoredEvent(1, "turn.started", "{}"));

        var reading = ReadAsync(rig, "elsewhere");
        await rig.Service.CancelAsync("elsewhere");
        await AdvanceUntilAsync(rig, () => _store.StateReads >= 2);
        _store.Events.Add(new StoredEvent(2, "text.delta", "{}"));
        _store.Events.Add(new StoredEvent(3, "turn.cancelled", "{}"));
        await AdvanceUntilAsync(rig, () => reading.IsCompleted);

        Assert.Equal(["elsewhere"], _store.CancelRequests);
        Assert.Equal([1L, 2, 3], (await reading).Select(stored => stored.Id));
    }

    [Fact]
    public async Task A_turn_that_is_taken_on_while_a_stop_begins_is_waited_for()
    {
        var conversations = new ScriptedConversations(Whole) { Gate = new TaskCompletionSource() };
        var rig = Rig(conversations);
        _store.AcceptGate = new TaskCompletionSource();

        var beginning = rig.Service.BeginAsync(Caller.Local, "t", "hi", null, Token);
        var draining = rig.Running.DrainAsync();
        var refused = await Assert.ThrowsAsync<ProblemException>(() => rig.Service.BeginAsync(Caller.Local, "t", "late", null, Token));
        _store.AcceptGate.SetResult();
        var (turn, _, _) = await beginning;
        Assert.False(draining.IsCompleted);
        conversations.Gate.SetResult();
        await draining.WaitAsync(Patience, Token);

        Assert.Equal(ProblemKinds.Stopping, refused.Problem.Kind);
        Assert.Equal([(turn.Id, TurnState.Completed)], _store.Ended);
    }

    private EngineRig<FakeStore> Rig(ScriptedConversations conversations) => _rig = new EngineRig<FakeStore>(_store, conversations);

    private static async Task<IReadOnlyList<StoredEvent>> ReadAsync(EngineRig<FakeStore> rig, string turnId) =>
        await rig.Service.ReadEventsAsync(turnId, 0, Token).ToListAsync(Token);

    private static async Task AdvanceUntilAsync(EngineRig<FakeStore> rig, Func<bool> isDone)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        while (!isDone())
        {
            rig.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(5, patience.Token);
        }
    }
}
