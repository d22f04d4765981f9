using Pilotlight.Core.Access;
using Pilotlight.Core.Approvals;
using Pilotlight.Core.Turns;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>A store of which a test gives what it needs; all else is a surprise.</summary>
internal abstract class TurnStoreStub : ITurnStore
{
    public virtual Task<long> OpenEpochAsync(string node, DateTimeOffset until, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task EndEpochAsync(long epoch, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<long?> FindEpochAsync(string turnId, CancellationToken cancellationToken) => Task.FromResult<long?>(null);

    public virtual Task<bool> RenewAsync(long epoch, IReadOnlyCollection<string> leases, DateTimeOffset until, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<IReadOnlyList<Turn>> TakeOverAsync(long epoch, DateTimeOffset lapsedBy, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<AcceptResult> AcceptAsync(NewTurnRequest request, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<bool> TryStartAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<bool> AppendAsync(string turnId, long epoch, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public virtual Task<bool> EndAsync(
        string turnId, long epoch, TurnOutcome outcome, IReadOnlyList<StoredEvent> lastEvents, DateTimeOffset at, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public virtual Task<bool> WaitAsync(string turnId, long epoch, WaitingTurn waiting, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<DecideResult> DecideAsync(
        string threadId, string approvalId, ApprovalDecision decision, long epoch, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<bool> CancelWaitingAsync(string turnId, DateTimeOffset at, CancellationToken cancellationToken) => Task.FromResult(false);

    public virtual Task<int> PruneAsync(DateTimeOffset endedBefore, int atMost, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task RequestCancelAsync(string turnId, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<IReadOnlyList<(Turn Turn, bool IsCancelRequested)>> ListRunningAsync(long epoch, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<(Turn, bool)>>([]);

    public virtual Task<bool> InterruptAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<Turn?> FindRunningAsync(string threadId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<TurnState?> FindStateAsync(string turnId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<Turn?> FindAsync(string threadId, string turnId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<Turn?> FindByIdAsync(string turnId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<Turn?> FindByKeyAsync(string threadId, string keyId, string idempotencyKey, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<string?> ReadPromptAsync(string turnId, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    public virtual Task CopyAsync(string intoThreadId, string keyId, IReadOnlyList<CopiedTurn> turns, CancellationToken cancellationToken) => throw new NotSupportedException();

    public virtual Task<IReadOnlyList<StoredEvent>> ReadEventsAsync(string turnId, long afterId, CancellationToken cancellationToken) => throw new NotSupportedException();
}
