using Microsoft.Extensions.Time.Testing;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>A server that shares its database goes on being alive, with the leases of its running turns.</summary>
public sealed class ServerLifeTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly LifeStore _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ServerLife Life => field ??= Rig.Life;

    private EngineRig<LifeStore> Rig => field ??= new EngineRig<LifeStore>(_store, new ScriptedConversations(new TextDelta(""), new TurnCancelled("", TurnUsage.None, null)));

    private FakeTimeProvider Time => Rig.Time;

    private ServerEpoch Epoch => Rig.Epoch;

    public async ValueTask DisposeAsync()
    {
        await Life.DisposeAsync();
        Rig.Dispose();
    }

    [Fact]
    public async Task It_renews_its_epoch_and_its_leases_three_times_before_they_lapse()
    {
        await Life.BeginAsync(Token);
        Epoch.Hold("running");
        Epoch.Hold("ended");
        Epoch.LetGo("ended");

        Time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal((1L, "running"), await _store.Renewed.Task.WaitAsync(Patience, Token));
    }

    [Fact]
    public async Task Taken_for_dead_it_goes_on_under_a_new_epoch_and_runs_what_it_takes_over()
    {
        await Life.BeginAsync(Token);
        _store.IsDead = true;
        _store.Waiting.Add(new Turn("lost", "t", TurnState.Accepted, "x", "u", "a", null));

        Time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(("lost", 2L), await _store.Began.Task.WaitAsync(Patience, Token));
        Assert.Equal(2, Epoch.Value);
    }

    [Fact]
    public async Task A_store_that_was_away_is_no_sign_that_other_servers_are_dead()
    {
        await Life.BeginAsync(Token);
        _store.IsAway = true;
        Time.Advance(TimeSpan.FromSeconds(61));
        await _store.RenewedTimesAsync(1, Token);
        var before = _store.TakenOver;
        _store.IsAway = false;

        // It renews at once, as the others are about to; who has not when it renews again is dead.
        Time.Advance(TimeSpan.FromSeconds(1));
        await _store.RenewedTimesAsync(2, Token);
        Time.Advance(TimeSpan.FromSeconds(1));
        await _store.ListedAsync(Token);
        Assert.Equal(before, _store.TakenOver);

        Time.Advance(TimeSpan.FromSeconds(20));
        await _store.RenewedTimesAsync(3, Token);
        await _store.ListedAsync(Token);
        Assert.Equal(before + 1, _store.TakenOver);
    }

    [Fact]
    public async Task A_turn_of_its_own_that_does_not_run_is_ended_or_run_and_one_that_is_just_taken_on_is_left_alone()
    {
        await Life.BeginAsync(Token);
        Epoch.Hold("beginning");
        _store.Own.Add((new Turn("stray", "t", TurnState.Started, "x", "u", "a", null), false));
        _store.Own.Add((new Turn("beginning", "u", TurnState.Started, "x", "u", "a", null), false));
        _store.Own.Add((new Turn("promised", "v", TurnState.Accepted, "x", "u", "a", null), false));

        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(("promised", 1L), await _store.Began.Task.WaitAsync(Patience, Token));
        Assert.Equal(["stray"], _store.Interrupted);
    }

    [Fact]
    public async Task Events_of_turns_that_ended_a_week_ago_go_all_of_them_once_an_hour()
    {
        await Life.BeginAsync(Token);
        _store.Old = 1;

        Time.Advance(TimeSpan.FromSeconds(20));
        var weekAgo = Time.GetUtcNow() - TimeSpan.FromDays(7);
        Assert.Equal(weekAgo, await PrunedAsync());
        Assert.Equal(weekAgo, await PrunedAsync());

        // Every other renewal leaves them alone.
        Time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(20));
        Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(weekAgo + TimeSpan.FromHours(1), await PrunedAsync());
        Assert.False(_store.Pruned.Reader.TryRead(out _));

        async Task<DateTimeOffset> PrunedAsync() => await _store.Pruned.Reader.ReadAsync(Token).AsTask().WaitAsync(Patience, Token);
    }

    [Fact]
    public async Task A_node_asks_every_second_whether_it_is_alive_and_taken_for_dead_ends_its_processes_before_it_goes_on()
    {
        var conversations = new ScriptedConversations(new TurnCancelled("", TurnUsage.None, null));
        using var rig = new EngineRig<LifeStore>(_store, conversations) { IsNode = true };
        await using var life = rig.Life;
        await life.BeginAsync(Token);
        _store.OnOpen = () => Assert.Equal(1, conversations.EndedAll);
        _store.IsDead = true;
        _store.Waiting.Add(new Turn("lost", "t", TurnState.Accepted, "x", "u", "a", null));

        rig.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(("lost", 2L), await _store.Began.Task.WaitAsync(Patience, Token));
        Assert.Equal(1, conversations.EndedAll);
    }

    [Fact]
    public async Task A_node_that_cannot_say_that_it_lives_ends_its_processes_before_its_lease_has_run_out_and_no_other_server_does()
    {
        var (conversations, others) = (new ScriptedConversations(new TurnCancelled("", TurnUsage.None, null)), new ScriptedConversations(new TurnCancelled("", TurnUsage.None, null)));
        using var rig = new EngineRig<LifeStore>(_store, conversations) { IsNode = true };
        using var alone = new EngineRig<LifeStore>(new LifeStore { IsAway = true }, others);
        await using var life = rig.Life;
        await using var aloneLife = alone.Life;
        await life.BeginAsync(Token);
        await aloneLife.BeginAsync(Token);
        _store.IsAway = true;

        rig.Time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(0, conversations.EndedAll);
        rig.Time.Advance(TimeSpan.FromSeconds(9));
        alone.Time.Advance(TimeSpan.FromSeconds(61));

        await conversations.EndedOnce.Task.WaitAsync(Patience, Token);
        Assert.Equal(0, others.EndedAll);
    }

    private sealed class LifeStore : TurnStoreStub, IThreadStore
    {
        private readonly SemaphoreSlim _renewals = new(0);
        private readonly SemaphoreSlim _looks = new(0);
        private long _epochs;
        private int _renewalsSeen;

        public bool IsAway { get; set; }

        public int TakenOver { get; private set; }

        /// <summary>Returns when it was asked for the n-th time to renew.</summary>
        public async Task RenewedTimesAsync(int times, CancellationToken cancellationToken)
        {
            for (; _renewalsSeen < times; _renewalsSeen++)
            {
                Assert.True(await _renewals.WaitAsync(Patience, cancellationToken));
            }
        }

        /// <summary>Returns when its running turns were asked for, once more than it was waited for before.</summary>
        public async Task ListedAsync(CancellationToken cancellationToken) => Assert.True(await _looks.WaitAsync(Patience, cancellationToken));

        public TaskCompletionSource<(long, string)> Renewed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<Turn> Waiting { get; } = [];

        public List<(Turn, bool)> Own { get; } = [];

        public List<string> Interrupted { get; } = [];

        public TaskCompletionSource<(string Turn, long Epoch)> Began { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsDead { get; set; }

        /// <summary>Looks on as a further epoch is opened.</summary>
        public Action? OnOpen { get; set; }

        public int Old { get; set; }

        public System.Threading.Channels.Channel<DateTimeOffset> Pruned { get; } = System.Threading.Channels.Channel.CreateUnbounded<DateTimeOffset>();

        public override Task<long> OpenEpochAsync(string node, DateTimeOffset until, CancellationToken cancellationToken)
        {
            if (_epochs > 0)
            {
                OnOpen?.Invoke();
            }

            return Task.FromResult(++_epochs);
        }

        public override Task<bool> RenewAsync(long epoch, IReadOnlyCollection<string> leases, DateTimeOffset until, CancellationToken cancellationToken)
        {
            Renewed.TrySetResult((epoch, string.Join(',', leases)));
            _renewals.Release();
            return IsAway ? throw new StorageUnavailableException("The store is away.") : Task.FromResult(!IsDead);
        }

        public override Task<IReadOnlyList<Turn>> TakeOverAsync(long epoch, DateTimeOffset lapsedBy, DateTimeOffset at, CancellationToken cancellationToken)
        {
            TakenOver++;
            return Task.FromResult<IReadOnlyList<Turn>>([.. Waiting]);
        }

        public override Task<int> PruneAsync(DateTimeOffset endedBefore, int atMost, CancellationToken cancellationToken)
        {
            Pruned.Writer.TryWrite(endedBefore);
            return Task.FromResult(Old-- > 0 ? atMost : atMost - 1);
        }

        public override Task<IReadOnlyList<(Turn Turn, bool IsCancelRequested)>> ListRunningAsync(long epoch, CancellationToken cancellationToken)
        {
            (Turn, bool)[] own = [.. Own];
            Own.Clear();
            _looks.Release();
            return Task.FromResult<IReadOnlyList<(Turn, bool)>>(own);
        }

        public override Task<bool> InterruptAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken)
        {
            Interrupted.Add(turnId);
            return Task.FromResult(true);
        }

        public override Task<bool> TryStartAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken)
        {
            Began.TrySetResult((turnId, epoch));
            return Task.FromResult(false);
        }

        public Task CreateAsync(ChatThread thread, CancellationToken cancellationToken) => throw new NotSupportedException();

        Task<ChatThread?> IThreadStore.FindAsync(string threadId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Page<ChatThread>> ListAsync(string? owner, string? search, string? cursor, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ChatThread?> UpdateAsync(string threadId, ThreadChange change, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> DeleteAsync(string threadId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> RemoveTurnAsync(string threadId, string turnId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Page<StoredMessage>> ListMessagesAsync(string threadId, string? cursor, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<StoredMessage?> FindMessageAsync(string? threadId, string messageId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<StoredMessage?> FindAttachedAsync(string threadId, string attachmentId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<StoredMessage>> ReadHistoryAsync(string threadId, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
