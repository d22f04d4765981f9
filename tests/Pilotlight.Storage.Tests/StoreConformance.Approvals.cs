using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Approvals;
using Pilotlight.Core.Steps;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Core.Usage;

namespace Pilotlight.Storage.Tests;

public abstract partial class StoreConformance
{
    private IApprovalStore Approvals => _services.GetRequiredService<IApprovalStore>();

    [Fact]
    public async Task A_turn_waits_is_nobodys_and_is_taken_up_by_the_one_that_decides()
    {
        var approval = await WaitAsync("a", "t1");

        Assert.Equal(TurnState.Waiting, await Turns.FindStateAsync("t1", Token));
        Assert.Equal("t1", (await Turns.FindRunningAsync("a", Token))!.Id);
        Assert.Equal(AcceptStatus.Busy, (await AcceptAsync(NewTurn("a", "t2", "more"))).Status);
        Assert.Equal(approval with { Input = default }, (await Approvals.FindAsync("a", approval.Id, Token))! with { Input = default });
        Assert.Null(await Approvals.FindAsync("b", approval.Id, Token));
        var later = await OpenEpochAsync("another");
        Assert.Empty(await Turns.TakeOverAsync(later, Now, Now, Token));

        var decided = await Turns.DecideAsync("a", approval.Id, new ApprovalDecision(true, "key") { Input = Json("""{"command":"b"}"""), IsRemembered = true }, later, Now.AddHours(1), Token);
        var again = await Turns.DecideAsync("a", approval.Id, new ApprovalDecision(false, "key"), later, Now, Token);

        Assert.Equal((DecideStatus.Decided, "t1", TurnState.Accepted), (decided.Status, decided.Turn!.Id, decided.Turn.State));
        Assert.Equal(DecideStatus.Over, again.Status);
        Assert.Equal(DecideStatus.None, (await Turns.DecideAsync("a", "none", new ApprovalDecision(false, "key"), later, Now, Token)).Status);
        Assert.True(await Turns.TryStartAsync("t1", later, Now, Token));
        var stored = (await Approvals.FindLastAsync("t1", Token))!;
        Assert.Equal((ApprovalState.Allowed, "key", Now.AddHours(1)), (stored.State, stored.Decision!.By, stored.ResolvedAt));
        Assert.Equal("b", stored.Decision.Input!.Value.GetProperty("command").GetString());
        Assert.Equal(["turn.started", "approval.requested", "approval.resolved"], (await Turns.ReadEventsAsync("t1", 0, Token)).Select(item => item.Type));
        Assert.Equal([new RememberedDecision("Bash", "a", true)], await Approvals.ListRememberedAsync("a", Token));
    }

    [Fact]
    public async Task Of_many_that_decide_at_once_one_wins()
    {
        var approval = await WaitAsync("a", "t1");
        var epoch = await OpenEpochAsync("another");

        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(async number => number % 4 == 0
            ? await Turns.CancelWaitingAsync("t1", Now, Token)
            : (await Turns.DecideAsync("a", approval.Id, new ApprovalDecision(number % 2 == 0, "key"), epoch, Now, Token)).Status == DecideStatus.Decided));

        Assert.Single(results, won => won);
        Assert.NotEqual(ApprovalState.Pending, (await Approvals.FindAsync("a", approval.Id, Token))!.State);
        Assert.Single(await Turns.ReadEventsAsync("t1", 0, Token), item => item.Type == "approval.resolved");
    }

    [Fact]
    public async Task A_cancelled_wait_is_denied_and_leaves_what_was_said_and_done()
    {
        var approval = await WaitAsync("a", "t1");

        Assert.True(await Turns.CancelWaitingAsync("t1", Now.AddMinutes(1), Token));
        Assert.False(await Turns.CancelWaitingAsync("t1", Now.AddMinutes(1), Token));

        Assert.Equal(TurnState.Cancelled, await Turns.FindStateAsync("t1", Token));
        Assert.Equal((ApprovalState.Denied, "cancel"), (await Approvals.FindAsync("a", approval.Id, Token)) is { } stored ? (stored.State, stored.Decision!.By) : default);
        Assert.Equal(["turn.started", "approval.requested", "approval.resolved", "turn.cancelled"], (await Turns.ReadEventsAsync("t1", 0, Token)).Select(item => item.Type));
        Assert.Equal([1, 2, 3, 4], (await Turns.ReadEventsAsync("t1", 0, Token)).Select(item => item.Id));
        var answer = (await Threads.ListMessagesAsync("a", null, 10, Token)).Items[^1];
        Assert.Equal(("cancelled", new TurnUsage(1, 2, 3, 4), 0.5m), (answer.Status, answer.Usage, answer.CostUsd));
    }

    [Fact]
    public async Task What_nobody_can_or_need_answer_any_more_is_found()
    {
        var expired = await WaitAsync("a", "t1", at: Now);
        var cancelled = await WaitAsync("b", "t2", at: Now.AddHours(1));
        var lost = await WaitAsync("c", "t3", at: Now.AddHours(1), needsProcess: true, epoch: 4711);
        await WaitAsync("d", "t4", at: Now.AddHours(1), needsProcess: true);
        await Turns.RequestCancelAsync("t2", Now, Token);

        var overdue = await Approvals.ListOverdueAsync(Now, Token);

        Assert.Equal([(expired.Id, "deadline"), (cancelled.Id, "cancel"), (lost.Id, "restart")], overdue.Select(one => (one.Approval.Id, one.By)).Order());
    }

    [Fact]
    public async Task What_was_used_is_booked_when_it_begins_to_wait_and_its_thread_takes_the_approval_with_it()
    {
        await WaitAsync("a", "t1");

        var used = Assert.Single(await _services.GetRequiredService<IUsageStore>().ReadAsync(new UsageQuery(null, null, null, null), Token));
        Assert.Equal((0L, 10L), (used.Turns, used.Usage.InputTokens));
        Assert.Equal(0, await _services.GetRequiredService<IReservationStore>().CountAsync("local", Token));
        Assert.True(await Threads.DeleteAsync("a", Token));
        Assert.Empty(await Approvals.ListAsync("a", Token));
    }

    [Fact]
    public async Task Steps_are_kept_with_their_message()
    {
        await ThreadAsync("a");
        var (epoch, turn) = (await OpenEpochAsync(), NewTurn("a", "t1", "go"));
        await AcceptAsync(turn);
        await Turns.TryStartAsync("t1", epoch, Now, Token);
        var answer = new StoredMessage(turn.AnswerMessageId, "a", "t1", "assistant", "done", "complete", "claude", null, null, null, null, null, ["Bash"], Now)
        {
            Steps = [new MessageStep("I look. ", [new StepCall("c", "Bash", Json("""{"command":"ls"}"""), "a b", false, null) { HasReturned = true }])],
        };
        Assert.True(await Turns.EndAsync("t1", epoch, new TurnOutcome(TurnState.Completed, answer), [new(1, "turn.completed", "{}")], Now, Token));

        var call = Assert.Single((await Threads.ReadHistoryAsync("a", Token))[1].Steps!).Calls[0];

        Assert.Equal(("Bash", "a b", "ls"), (call.Name, call.Result, call.Input!.Value.GetProperty("command").GetString()));
    }

    private async Task<Approval> WaitAsync(string thread, string turn, DateTimeOffset? at = null, bool needsProcess = false, long? epoch = null)
    {
        await ThreadAsync(thread);
        var mine = await OpenEpochAsync("of-" + thread);
        var asked = NewTurn(thread, turn, "go");
        await AcceptAsync(asked, mine);
        Assert.True(await Turns.TryStartAsync(turn, mine, Now, Token));
        Assert.True(await Turns.AppendAsync(turn, mine, [new(1, "turn.started", """{"turnId":"t","messageId":"m","acquire":{"source":"warm","ms":1}}""")], Token));
        var approval = new Approval("apr_" + turn, thread, turn, "use", "Bash", Json("""{"command":"a"}"""), "Run a", Now, at ?? Now.AddHours(1))
        {
            NeedsProcess = needsProcess,
            Epoch = epoch ?? mine,
            Booked = new BookedUsage(new TurnUsage(1, 2, 3, 4), 0.5m),
        };
        var waiting = new WaitingTurn(approval, [new(2, "approval.requested", "{}")], new Bill("claude", new TurnUsage(10, 0, 0, 0), 0.1m));
        Assert.True(await Turns.WaitAsync(turn, mine, waiting, Now, Token));
        Assert.True(await Turns.WaitAsync(turn, mine, waiting, Now, Token));
        return approval;
    }

    private static JsonElement Json(string text) => JsonElement.Parse(text);
}
