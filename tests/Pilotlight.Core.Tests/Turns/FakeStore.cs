using Pilotlight.Core.Access;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>One thread in memory, taken in and ended; nothing can be taken out of it.</summary>
internal class FakeStore : TurnStoreStub, IThreadStore
{
    public ChatThread? Thread { get; set; } = new("t", null, null, null, null, 0, default, default);

    public List<StoredMessage> Messages { get; } = [];

    public List<(string Turn, TurnState State)> Ended { get; } = [];

    public List<Bill?> Bills { get; } = [];

    public List<StoredEvent> Events { get; } = [];

    public List<string> CancelRequests { get; } = [];

    /// <summary>Where a turn is that this server does not run.</summary>
    public TurnState? Elsewhere { get; set; }

    /// <summary>What every write of a running turn throws; null for none.</summary>
    public Func<Exception>? Failing { get; set; }

    /// <summary>Whether the first end is stored and its answer lost.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>Taking a turn on waits for it; null for at once.</summary>
    public TaskCompletionSource? AcceptGate { get; set; }

    public int Refused { get; private set; }

    public int StateReads { get; private set; }

    public bool NeverMatches { get; set; }

    public int ThreadReads { get; private set; }

    public int HistoryReads { get; private set; }

    Task<ChatThread?> IThreadStore.FindAsync(string threadId, CancellationToken cancellationToken)
    {
        ThreadReads++;
        return Task.FromResult(Thread);
    }

    public Task<StoredMessage?> FindMessageAsync(string? threadId, string messageId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<StoredMessage?> FindAttachedAsync(string threadId, string attachmentId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<StoredMessage>> ReadHistoryAsync(string threadId, CancellationToken cancellationToken)
    {
        HistoryReads++;
        return Task.FromResult<IReadOnlyList<StoredMessage>>([.. Messages]);
    }

    public override async Task<AcceptResult> AcceptAsync(NewTurnRequest request, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (AcceptGate is not null)
        {
            await AcceptGate.Task;
        }

        if (Thread is null)
        {
            return new AcceptResult(AcceptStatus.NoThread, null);
        }

        if (NeverMatches || Thread.Version != request.ThreadVersion)
        {
            return new AcceptResult(AcceptStatus.Stale, null);
        }

        Thread = Thread with { Version = Thread.Version + 1 };
        return new AcceptResult(AcceptStatus.Accepted, request.Turn with { State = TurnState.Started });
    }

    public Task CreateAsync(ChatThread thread, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Page<ChatThread>> ListAsync(string? owner, string? search, string? cursor, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ChatThread?> UpdateAsync(string threadId, ThreadChange change, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> RemoveTurnAsync(string threadId, string turnId, CancellationToken cancellationToken) => throw new TimeoutException("The store does not answer.");

    public Task<bool> DeleteAsync(string threadId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Page<StoredMessage>> ListMessagesAsync(string threadId, string? cursor, int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public override Task<bool> AppendAsync(string turnId, long epoch, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken)
    {
        ThrowIfFailing();
        Events.AddRange(events);
        return Task.FromResult(true);
    }

    public override Task<bool> EndAsync(
        string turnId, long epoch, TurnOutcome outcome, IReadOnlyList<StoredEvent> lastEvents, DateTimeOffset at, CancellationToken cancellationToken)
    {
        ThrowIfFailing();
        if (Ended.Any(ended => ended.Turn == turnId))
        {
            return Task.FromResult(false);
        }

        Ended.Add((turnId, outcome.State));
        Bills.Add(outcome.Bill);
        Events.AddRange(lastEvents);
        if (outcome.Answer is not null)
        {
            Messages.Add(outcome.Answer);
        }

        return LosesAnswers ? throw new StorageUnavailableException("The answer was lost.") : Task.FromResult(true);
    }

    public override Task<IReadOnlyList<StoredEvent>> ReadEventsAsync(string turnId, long afterId, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<StoredEvent>>([.. Events.Where(stored => stored.Id > afterId)]);

    public override Task<TurnState?> FindStateAsync(string turnId, CancellationToken cancellationToken)
    {
        StateReads++;
        return Task.FromResult(Elsewhere);
    }

    public override Task RequestCancelAsync(string turnId, DateTimeOffset at, CancellationToken cancellationToken)
    {
        CancelRequests.Add(turnId);
        return Task.CompletedTask;
    }

    private void ThrowIfFailing()
    {
        if (Failing is not null)
        {
            Refused++;
            throw Failing();
        }
    }
}
