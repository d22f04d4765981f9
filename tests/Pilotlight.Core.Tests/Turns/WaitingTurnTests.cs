using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Approvals;
using Pilotlight.Core.Turns;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>What a turn that waits holds, by a clock that the test moves.</summary>
public sealed class WaitingTurnTests
{
    private static readonly ToolPermissionRequest s_request = new("Bash", JsonElement.Parse("""{"command":"make"}"""), "use");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_hours_wait_holds_no_process_and_no_place_and_is_denied_at_its_end()
    {
        var store = new WaitingStore();
        var conversations = new ScriptedConversations(
            new TurnStarted(AcquireSource.Warm, TimeSpan.Zero), new ToolStarted("use", "Bash", s_request.Input), new TurnAwaitsApproval(s_request, false, "", TurnUsage.None));
        using var rig = new EngineRig<FakeStore>(store, conversations);
        store.Waited = approval => rig.Approvals.All.Add(approval);

        var begun = await rig.Service.BeginAsync(Caller.Local, "t", "go", null, Token);
        await begun.Live!.Ended;

        Assert.Equal(0, rig.Places.Taken);
        Assert.DoesNotContain(begun.Turn.Id, rig.Epoch.Leases);
        rig.Time.Advance(TimeSpan.FromSeconds(59));
        await rig.Answers.LookAsync(Token);
        Assert.Empty(conversations.Forgotten);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.Answers.LookAsync(Token);
        Assert.Equal(["t"], conversations.Forgotten);

        rig.Time.Advance(TimeSpan.FromMinutes(58));
        await rig.Answers.LookAsync(Token);
        Assert.Empty(store.Decisions);
        Assert.Equal((0, 0), (rig.Running.Count, rig.Waits.Count));
        rig.Time.Advance(TimeSpan.FromMinutes(1));
        await rig.Answers.LookAsync(Token);
        Assert.Equal(new ApprovalDecision(false, ApprovalDecision.Deadline), Assert.Single(store.Decisions));
    }

    [Fact]
    public async Task A_process_that_alone_can_go_on_is_kept()
    {
        var store = new WaitingStore();
        var conversations = new ScriptedConversations(new TurnStarted(AcquireSource.Warm, TimeSpan.Zero), new TurnAwaitsApproval(s_request, true, "", TurnUsage.None));
        using var rig = new EngineRig<FakeStore>(store, conversations);

        var begun = await rig.Service.BeginAsync(Caller.Local, "t", "go", null, Token);
        await begun.Live!.Ended;
        rig.Time.Advance(TimeSpan.FromMinutes(59));
        await rig.Answers.LookAsync(Token);

        Assert.Empty(conversations.Forgotten);
    }

    [Fact]
    public async Task A_store_that_refuses_lets_no_call_run()
    {
        var store = new WaitingStore { IsRefusing = true };
        var conversations = new ScriptedConversations(new TurnStarted(AcquireSource.Warm, TimeSpan.Zero), new TurnAwaitsApproval(s_request, false, "", TurnUsage.None));
        using var rig = new EngineRig<FakeStore>(store, conversations);

        var begun = await rig.Service.BeginAsync(Caller.Local, "t", "go", null, Token);
        while (!begun.Live!.Ended.IsCompleted)
        {
            rig.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(TurnState.Failed, Assert.Single(store.Ended).State);
    }

    private sealed class WaitingStore : FakeStore
    {
        public Action<Approval>? Waited { get; set; }

        public bool IsRefusing { get; init; }

        public List<ApprovalDecision> Decisions { get; } = [];

        public override Task<bool> WaitAsync(string turnId, long epoch, WaitingTurn waiting, DateTimeOffset at, CancellationToken cancellationToken)
        {
            if (IsRefusing)
            {
                throw new InvalidOperationException("No.");
            }

            Waited?.Invoke(waiting.Approval);
            return Task.FromResult(true);
        }

        public override Task<DecideResult> DecideAsync(
            string threadId, string approvalId, ApprovalDecision decision, long epoch, DateTimeOffset at, CancellationToken cancellationToken)
        {
            Decisions.Add(decision);
            return Task.FromResult(new DecideResult(DecideStatus.Over));
        }
    }
}
