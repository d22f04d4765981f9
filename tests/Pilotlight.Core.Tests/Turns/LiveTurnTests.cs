using Microsoft.Extensions.Time.Testing;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Context;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>A turn's events: batched, numbered, and followed by any number of readers.</summary>
public sealed class LiveTurnTests
{
    private static readonly Turn s_turn = new("t", "thread", TurnState.Accepted, "text", "user", "answer", null);
    private readonly FakeTimeProvider _time = new();
    private readonly FakeStore _store = new();
    private readonly LiveTurn _live = new(s_turn, new TurnLease("t", "local", 1, "sonnet", new Place(), new ServerEpoch(), new LimitOptions()), 0, TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private StoredJournal Journal => field ??= new StoredJournal(
        _live, new PreparedTurn(new HotThread(_store.Thread!, []), new ContextFit(0, 0, 0)), _store, null!, null!, new RelayOptions(), _time, isSimulated: false);

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
        var never = new TaskCompletionSource().Task;
        Journal.Add(new TurnStarted(AcquireSource.Hot, TimeSpan.Zero));
        await Journal.WorkAsync(never);
        Journal.Add(new TextDelta("one "));
        await Journal.WorkAsync(never);
        Assert.Equal(2, _store.Events.Count);

        Journal.Add(new TextDelta("two "));
        Journal.Add(new TextDelta("three"));
        Assert.False(Journal.HasWork(isMoreThere: true));
        await Journal.WorkAsync(Task.CompletedTask);
        Assert.Equal(2, _store.Events.Count);

        var working = Journal.WorkAsync(never);
        Assert.False(working.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(50));
        await working;

        Assert.Equal(
            [(1L, "turn.started"), (2L, "text.delta"), (3L, "text.delta")],
            _store.Events.Select(stored => (stored.Id, stored.Type)));
        Assert.Equal("""{"text":"two three"}""", _store.Events[2].Data);
    }

    [Fact]
    public async Task A_full_batch_and_anything_but_text_wait_for_nothing_and_keep_their_order()
    {
        var never = new TaskCompletionSource().Task;
        Journal.Add(new TextDelta("x"));
        await Journal.WorkAsync(never);

        Journal.Add(new TextDelta(new string('y', 5000)));
        Assert.True(Journal.HasWork(isMoreThere: true));
        Journal.Add(new TextReset());
        Journal.Add(new TextDelta("z"));
        await Journal.WorkAsync(never);

        Assert.Equal(["text.delta", "text.delta", "text.reset", "text.delta"], _store.Events.Select(stored => stored.Type));
    }

    [Fact]
    public async Task Nothing_is_shown_that_is_not_stored_and_nothing_is_lost_while_the_store_is_away()
    {
        var never = new TaskCompletionSource().Task;
        _store.Failing = () => new StorageUnavailableException("The store is away.");
        Journal.Add(new TextDelta("one "));
        Assert.True(await Journal.WorkAsync(never));
        Assert.Equal(0, _live.LastId);

        _store.Failing = null;
        Journal.Add(new TextDelta("two"));
        var working = Journal.WorkAsync(never);
        _time.Advance(TimeSpan.FromMilliseconds(50));
        await working;

        Assert.Equal(["""{"text":"one "}""", """{"text":"two"}"""], _store.Events.Select(stored => stored.Data));
        Assert.Equal(2, _live.LastId);
    }

    private sealed class Place : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
