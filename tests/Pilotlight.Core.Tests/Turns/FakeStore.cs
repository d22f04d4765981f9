using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>One thread in memory, taken in and ended; nothing can be taken out of it.</summary>
internal sealed class FakeStore : IThreadStore, ITurnStore
{
    public ChatThread? Thread { get; set; } = new("t", null, null, null, null, 0, default, default);

    public List<StoredMessage> Messages { get; } = [];

    public List<(string Turn, TurnState State)> Ended { get; } = [];

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

    public Task<bool> RemoveTurnAsync(string threadId, string turnId, CancellationToken cancellationToken) => throw new TimeoutException("The store does not answer.");

    public Task<bool> DeleteAsync(string threadId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Page<StoredMessage>> ListMessagesAsync(string threadId, string? cursor, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<long> OpenEpochAsync(string node, DateTimeOffset at, DateTimeOffset until, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> RenewAsync(long epoch, IReadOnlyCollection<string> leases, DateTimeOffset until, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<Turn>> TakeOverAsync(long epoch, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> TryStartAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> AppendAsync(string turnId, long epoch, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task<bool> EndAsync(
        string turnId, long epoch, TurnOutcome outcome, IReadOnlyList<StoredEvent> lastEvents, DateTimeOffset at, CancellationToken cancellationToken)
    {
        Ended.Add((turnId, outcome.State));
        return Task.FromResult(true);
    }

    public Task<int> PruneAsync(DateTimeOffset endedBefore, int atMost, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Turn?> FindAsync(string threadId, string turnId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<StoredEvent>> ReadEventsAsync(string turnId, long afterId, CancellationToken cancellationToken) => throw new NotSupportedException();
}
