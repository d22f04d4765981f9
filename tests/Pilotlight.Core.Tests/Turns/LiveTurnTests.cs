using Microsoft.Extensions.Time.Testing;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Turns;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>A turn's events: batched, numbered, and followed by any number of readers.</summary>
public sealed class LiveTurnTests
{
    private static readonly Turn s_turn = new("t", "thread", TurnState.Accepted, "text", "user", "answer", null);
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingStore _store = new();
    private readonly LiveTurn _live = new(s_turn, 0);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TurnJournal Journal => field ??= new TurnJournal(_live, _store, 1, new RelayOptions(), _time, simulated: false);

    [Fact]
    public async Task Readers_see_all_events_once_whenever_they_join()
    {
        var early = _live.ReadAsync(0, Token).ToListAsync(Token).AsTask();
        _live.Publish([new(1, "a", "{}"), new(2, "b", "{}")], isEnd: false);
        var middle = _live.ReadAsync(1, Token).ToListAsync(Token).AsTask();
        _live.Publish([new(3, "c", "{}")], isEnd: true);
        var late = await _live.ReadAsync(2, Token).ToListAsync(Token);

        Assert.Equal([1L, 2, 3], (await early).Select(stored => stored.Id));
        Assert.Equal([2L, 3], (await middle).Select(stored => stored.Id));
        Assert.Equal([3L], late.Select(stored => stored.Id));
    }

    [Fact]
    public async Task A_reader_that_leaves_disturbs_nobody()
    {
        using var leave = new CancellationTokenSource();
        var leaving = _live.ReadAsync(0, leave.Token).ToListAsync(Token).AsTask();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);

        _live.Publish([new(1, "a", "{}")], isEnd: true);

        Assert.Single(await _live.ReadAsync(0, Token).ToListAsync(Token));
    }

    [Fact]
    public async Task The_first_text_does_not_wait_and_later_text_is_gathered()
    {
        Journal.Add(new TurnStarted(AcquireSource.Hot, TimeSpan.Zero));
        Assert.True(Journal.IsUrgent);
        await Journal.FlushAsync(Token);

        Journal.Add(new TextDelta("one "));
        Assert.True(Journal.IsUrgent);
        await Journal.FlushAsync(Token);

        Journal.Add(new TextDelta("two "));
        Journal.Add(new TextDelta("three"));
        Assert.False(Journal.IsUrgent);
        Assert.Equal(TimeSpan.FromMilliseconds(50), Journal.TimeLeft);
        await Journal.FlushAsync(Token);

        Assert.Equal(
            [(1L, "turn.started"), (2L, "text.delta"), (3L, "text.delta")],
            _store.Events.Select(stored => (stored.Id, stored.Type)));
        Assert.Equal("""{"text":"two three"}""", _store.Events[2].Data);
    }

    [Fact]
    public async Task A_full_batch_and_anything_but_text_are_urgent_and_keep_their_order()
    {
        Journal.Add(new TextDelta("x"));
        await Journal.FlushAsync(Token);

        Journal.Add(new TextDelta(new string('y', 5000)));
        Assert.True(Journal.IsUrgent);
        Journal.Add(new TextReset());
        Journal.Add(new TextDelta("z"));
        await Journal.FlushAsync(Token);

        Assert.Equal(["text.delta", "text.delta", "text.reset", "text.delta"], _store.Events.Select(stored => stored.Type));
    }

    [Fact]
    public async Task Nothing_is_shown_that_is_not_stored()
    {
        _store.Refuses = true;
        Journal.Add(new TextDelta("lost"));

        Assert.False(await Journal.FlushAsync(Token));
        await Journal.EndAsync("turn.completed", "{}", new TurnOutcome(TurnState.Completed, null), stored => Assert.False(stored), Token);

        Assert.Empty(await _live.ReadAsync(0, Token).ToListAsync(Token));
    }

    private sealed class RecordingStore : ITurnStore
    {
        public bool Refuses { get; set; }

        public List<StoredEvent> Events { get; } = [];

        public Task<bool> AppendAsync(string turnId, long epoch, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
        {
            if (!Refuses)
            {
                Events.AddRange(events);
            }

            return Task.FromResult(!Refuses);
        }

        public Task<bool> EndAsync(
            string turnId, long epoch, TurnOutcome outcome, IReadOnlyList<StoredEvent> lastEvents, DateTimeOffset at, CancellationToken cancellationToken) =>
            AppendAsync(turnId, epoch, lastEvents, cancellationToken);

        public Task<long> OpenEpochAsync(string node, DateTimeOffset at, DateTimeOffset until, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> RenewAsync(long epoch, IReadOnlyCollection<string> leases, DateTimeOffset until, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<Turn>> TakeOverAsync(long epoch, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<AcceptResult> AcceptAsync(NewTurnRequest request, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> TryStartAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<int> PruneAsync(DateTimeOffset endedBefore, int atMost, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Turn?> FindAsync(string threadId, string turnId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<StoredEvent>> ReadEventsAsync(string turnId, long afterId, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
