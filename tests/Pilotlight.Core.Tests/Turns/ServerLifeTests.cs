using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Pilotlight.Core.Access;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Turns;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>A server that shares its database goes on being alive, with the leases of its running turns.</summary>
public sealed class ServerLifeTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly FakeTimeProvider _time = new();
    private readonly FakeStore _store = new();
    private readonly ServerEpoch _epoch = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private ServerLife Life => field ??= new ServerLife(
        _store, _epoch, Options.Create(new LimitOptions()), Options.Create(new RelayOptions()), Options.Create(new ServerOptions { Node = "me" }), _time, NullLogger<ServerLife>.Instance);

    public ValueTask DisposeAsync() => Life.DisposeAsync();

    [Fact]
    public async Task It_renews_its_epoch_and_its_leases_three_times_before_they_lapse()
    {
        await Life.BeginAsync(Token);
        _epoch.Hold("running");
        _epoch.Hold("ended");
        _epoch.LetGo("ended");
        Life.GoOn(_ => { });

        _time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal((1L, "running"), await _store.Renewed.Task.WaitAsync(Patience, Token));
    }

    [Fact]
    public async Task Taken_for_dead_it_goes_on_under_a_new_epoch_and_runs_what_it_takes_over()
    {
        var taken = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await Life.BeginAsync(Token);
        _store.IsDead = true;
        _store.Waiting.Add(new Turn("lost", "t", TurnState.Accepted, "x", "u", "a", null));
        Life.GoOn(turn => taken.TrySetResult(turn.Id));

        _time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal("lost", await taken.Task.WaitAsync(Patience, Token));
        Assert.Equal(2, _epoch.Value);
    }

    [Fact]
    public async Task Events_of_turns_that_ended_a_week_ago_go_all_of_them_once_an_hour()
    {
        await Life.BeginAsync(Token);
        _store.Old = 1;
        Life.GoOn(_ => { });

        _time.Advance(TimeSpan.FromSeconds(20));
        var weekAgo = _time.GetUtcNow() - TimeSpan.FromDays(7);
        Assert.Equal(weekAgo, await PrunedAsync());
        Assert.Equal(weekAgo, await PrunedAsync());

        // Every other renewal leaves them alone.
        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(20));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(weekAgo + TimeSpan.FromHours(1), await PrunedAsync());
        Assert.False(_store.Pruned.Reader.TryRead(out _));

        async Task<DateTimeOffset> PrunedAsync() => await _store.Pruned.Reader.ReadAsync(Token).AsTask().WaitAsync(Patience, Token);
    }

    private sealed class FakeStore : ITurnStore
    {
        private long _epochs;

        public TaskCompletionSource<(long, string)> Renewed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<Turn> Waiting { get; } = [];

        public bool IsDead { get; set; }

        public int Old { get; set; }

        public System.Threading.Channels.Channel<DateTimeOffset> Pruned { get; } = System.Threading.Channels.Channel.CreateUnbounded<DateTimeOffset>();

        public Task<long> OpenEpochAsync(string node, DateTimeOffset at, DateTimeOffset until, CancellationToken cancellationToken) => Task.FromResult(++_epochs);

        public Task<bool> RenewAsync(long epoch, IReadOnlyCollection<string> leases, DateTimeOffset until, CancellationToken cancellationToken)
        {
            Renewed.TrySetResult((epoch, string.Join(',', leases)));
            return Task.FromResult(!IsDead);
        }

        public Task<IReadOnlyList<Turn>> TakeOverAsync(long epoch, DateTimeOffset at, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Turn>>([.. Waiting]);

        public Task<AcceptResult> AcceptAsync(NewTurnRequest request, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> TryStartAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> AppendAsync(string turnId, long epoch, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> EndAsync(
            string turnId, long epoch, TurnOutcome outcome, IReadOnlyList<StoredEvent> lastEvents, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<int> PruneAsync(DateTimeOffset endedBefore, int atMost, CancellationToken cancellationToken)
        {
            Pruned.Writer.TryWrite(endedBefore);
            return Task.FromResult(Old-- > 0 ? atMost : atMost - 1);
        }

        public Task<Turn?> FindAsync(string threadId, string turnId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<StoredEvent>> ReadEventsAsync(string turnId, long afterId, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
