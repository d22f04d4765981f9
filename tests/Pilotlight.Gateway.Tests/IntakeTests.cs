using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Pilotlight.Claude;
using Pilotlight.Claude.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Http;
using Pilotlight.Gateway.Threads;
using Pilotlight.Gateway.Turns;

namespace Pilotlight.Gateway.Tests;

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
        Assert.Equal(["one", "first"], second.Prepared!.Conversation.History.Select(message => message.Text));
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

        Assert.Equal((AcceptStatus.Accepted, "opus"), (second.Status, second.Prepared!.Conversation.Model));
        Assert.Equal("elsewhere", second.Prepared.Conversation.History[^1].Text);
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
        Assert.Equal(404, (await Assert.ThrowsAsync<ApiProblemException>(async () => await Intake.AcceptAsync(other, "t", "x", null, Token))).Status);

        _store.Thread = null;
        Assert.Equal(404, (await Assert.ThrowsAsync<ApiProblemException>(async () => await AcceptAsync("two"))).Status);
        Assert.Empty(_epoch.Leases);
    }

    [Fact]
    public async Task A_turn_that_was_no_longer_ours_at_its_end_leaves_no_copy()
    {
        var first = await AcceptAsync("one");
        Intake.Ended(first.Prepared, first.Turn, Message("assistant", "first"), isStored: false);

        await AcceptAsync("two");

        Assert.Equal(2, _store.ThreadReads);
    }

    private ValueTask<IntakeResult> AcceptAsync(string text) => Intake.AcceptAsync(Caller.Local, "t", text, null, Token);

    private void End(IntakeResult taken, string answer)
    {
        _store.Thread = _store.Thread! with { Version = _store.Thread.Version + 1 };
        Intake.Ended(taken.Prepared, taken.Turn, Message("assistant", answer), isStored: true);
    }

    private static StoredMessage Message(string role, string text) =>
        new("m", "t", "n" + text, role, text, "complete", null, new TurnUsage(1, 1, 0, 0), null, null, null, null, null, default);

    private TurnIntake Create()
    {
        var time = new FakeTimeProvider();
        var (limits, claude) = (Options.Create(new LimitOptions()), Options.Create(new ClaudeOptions()));
        return new TurnIntake(
            _store, new HotThreads(_store), new ContextLimits(limits, claude), new Admission(null!, _epoch, limits, claude, time), _epoch, time);
    }

    private sealed class FakeStore : IThreadStore, ITurnStore
    {
        public ChatThread? Thread { get; set; } = new("t", null, null, null, null, 0, default, default);

        public List<StoredMessage> Messages { get; } = [];

        public bool NeverMatches { get; set; }

        public int ThreadReads { get; private set; }

        public int HistoryReads { get; private set; }

        public Task<ChatThread?> FindAsync(string threadId, CancellationToken cancellationToken)
        {
            ThreadReads++;
            return Task.FromResult(Thread);
        }

        public Task<IReadOnlyList<StoredMessage>> ReadHistoryAsync(string threadId, CancellationToken cancellationToken)
        {
            HistoryReads++;
            return Task.FromResult<IReadOnlyList<StoredMessage>>([.. Messages]);
        }

        public Task<AcceptResult> AcceptAsync(NewTurnRequest request, DateTimeOffset at, CancellationToken cancellationToken)
        {
            if (Thread is null)
            {
                return Task.FromResult(new AcceptResult(AcceptStatus.NoThread, null));
            }

            if (NeverMatches || Thread.Version != request.ThreadVersion)
            {
                return Task.FromResult(new AcceptResult(AcceptStatus.Stale, null));
            }

            Thread = Thread with { Version = Thread.Version + 1 };
            return Task.FromResult(new AcceptResult(AcceptStatus.Accepted, request.Turn with { State = TurnState.Started }));
        }

        public Task CreateAsync(ChatThread thread, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Page<ChatThread>> ListAsync(string? owner, string? search, string? cursor, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ChatThread?> UpdateAsync(string threadId, ThreadChange change, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> RemoveTurnAsync(string threadId, string turnId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> DeleteAsync(string threadId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Page<StoredMessage>> ListMessagesAsync(string threadId, string? cursor, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<long> OpenEpochAsync(string node, DateTimeOffset at, DateTimeOffset until, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> RenewAsync(long epoch, IReadOnlyCollection<string> leases, DateTimeOffset until, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<Turn>> TakeOverAsync(long epoch, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> TryStartAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> AppendAsync(string turnId, long epoch, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> EndAsync(
            string turnId, long epoch, TurnOutcome outcome, IReadOnlyList<StoredEvent> lastEvents, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Turn?> FindAsync(string threadId, string turnId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<StoredEvent>> ReadEventsAsync(string turnId, long afterId, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
