using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Pilotlight.Claude;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Context;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>Taking turns in: a thread in use is read once, an old copy is found out, and a lease ends with its turn.</summary>
public sealed class IntakeTests
{
    private readonly FakeStore _store = new();
    private readonly ServerEpoch _epoch = new() { Value = 7 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TurnIntake Intake => field ??= Create();

    [Fact]
    public async Task The_next_turn_of_a_thread_in_use_reads_nothing_and_knows_what_was_said()
    {
        var first = await AcceptAsync("one");
        End(first, "first");
        var second = await AcceptAsync("two");

        Assert.Equal((1, 1), (_store.ThreadReads, _store.HistoryReads));
        Assert.Equal(["one", "first"], second.Prepared!.Say("").Conversation.History.Select(message => message.Text));
        Assert.Equal(TurnState.Started, second.Turn.State);
        Assert.Equal([second.Turn.Id], _epoch.Leases);
    }

    [Fact]
    public async Task A_copy_that_another_made_old_is_read_anew()
    {
        End(await AcceptAsync("one"), "first");
        _store.Thread = _store.Thread! with { Model = "opus", Version = 40 };
        _store.Messages.Add(Message("user", "elsewhere"));

        var second = await AcceptAsync("two");

        Assert.Equal((AcceptStatus.Accepted, "opus"), (second.Status, second.Prepared!.Say("").Conversation.Model));
        Assert.Equal("elsewhere", second.Prepared.Say("").Conversation.History[^1].Text);
    }

    [Fact]
    public async Task A_thread_that_never_stands_still_is_given_up()
    {
        _store.NeverMatches = true;

        Assert.Equal(AcceptStatus.Stale, (await AcceptAsync("one")).Status);
        Assert.Empty(_epoch.Leases);
    }

    [Fact]
    public async Task A_deleted_thread_and_anothers_thread_are_none()
    {
        End(await AcceptAsync("one"), "first");
        var other = new Caller("k", "other", false);
        Assert.Equal(ProblemKinds.ThreadNotFound, (await Assert.ThrowsAsync<ProblemException>(async () => await Intake.AcceptAsync(other, "t", "x", null, null, Token))).Problem.Kind);

        _store.Thread = null;
        Assert.Equal(ProblemKinds.ThreadNotFound, (await Assert.ThrowsAsync<ProblemException>(async () => await AcceptAsync("two"))).Problem.Kind);
        Assert.Empty(_epoch.Leases);
    }

    [Fact]
    public async Task A_turn_that_was_no_longer_ours_at_its_end_leaves_no_copy()
    {
        var first = await AcceptAsync("one");
        Intake.Ended(first.Prepared, first.Turn, Message("assistant", "first"), isStored: false);
        _epoch.LetGo(first.Turn.Id);

        await AcceptAsync("two");

        Assert.Equal(2, _store.ThreadReads);
    }

    private ValueTask<IntakeResult> AcceptAsync(string text) => Intake.AcceptAsync(Caller.Local, "t", text, null, null, Token);

    private void End(IntakeResult taken, string answer)
    {
        _store.Thread = _store.Thread! with { Version = _store.Thread.Version + 1 };
        Intake.Ended(taken.Prepared, taken.Turn, Message("assistant", answer), isStored: true);
        _epoch.LetGo(taken.Turn.Id);
    }

    private static StoredMessage Message(string role, string text) =>
        new("m", "t", "n" + text, role, text, "complete", null, new TurnUsage(1, 1, 0, 0), null, null, null, null, null, default);

    private TurnIntake Create()
    {
        var time = new FakeTimeProvider();
        var (limits, claude) = (Options.Create(new LimitOptions()), Options.Create(new ClaudeOptions()));
        return new TurnIntake(
            _store, new HotThreads(_store), new ContextLimits(limits, claude), new Admission(_epoch, limits, claude, time), _epoch, claude, time);
    }
}
