using Pilotlight.Core.Access;
using Pilotlight.Core.Approvals;

namespace Pilotlight.Core.Turns;

/// <summary>Where turns and their events are kept. Safe for concurrent use.</summary>
/// <remarks>
/// Every write after <see cref="AcceptAsync"/> is guarded by the owner's epoch: a server that was thought dead and wakes up
/// changes nothing.
/// </remarks>
public interface ITurnStore
{
    /// <summary>Opens an epoch greater than all before, for a server of this name; earlier ones of the name are over.</summary>
    Task<long> OpenEpochAsync(string node, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>Ends an epoch whose server is known to be gone, before its time: its turns are there to be taken over.</summary>
    Task EndEpochAsync(long epoch, CancellationToken cancellationToken);

    /// <summary>The epoch that a turn runs under, or is going to; null when it has ended or waits.</summary>
    Task<long?> FindEpochAsync(string turnId, CancellationToken cancellationToken);

    /// <summary>Says that an epoch goes on, and the leases of its running turns; false when others have taken it for dead.</summary>
    Task<bool> RenewAsync(long epoch, IReadOnlyCollection<string> leases, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>
    /// Takes over from epochs that are over. Turns that one had started become <see cref="TurnState.Interrupted"/>, their
    /// partial answers stored, what they had used booked and their reservations given back, as are those of turns that are not stored;
    /// those only accepted become this epoch's and are returned, to be run. Epochs that have lapsed by <paramref name="lapsedBy"/> are over.
    /// </summary>
    Task<IReadOnlyList<Turn>> TakeOverAsync(long epoch, DateTimeOffset lapsedBy, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>
    /// Stores a turn, the user's message and the reservation in one transaction, unless the thread is busy, the key was used,
    /// or a limit is met.
    /// </summary>
    Task<AcceptResult> AcceptAsync(NewTurnRequest request, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Moves an accepted turn to started, once; false when somebody else did or it has ended.</summary>
    Task<bool> TryStartAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>
    /// Appends events; false when the turn is no longer this epoch's. The same again
    /// changes nothing, for one who did not hear whether it was stored.
    /// </summary>
    Task<bool> AppendAsync(string turnId, long epoch, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken);

    /// <summary>Ends a turn in one transaction: answer, state, last events, usage and settlement; false when the turn is no longer this epoch's.</summary>
    Task<bool> EndAsync(
        string turnId, long epoch, TurnOutcome outcome, IReadOnlyList<StoredEvent> lastEvents, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>
    /// Has a turn wait for a person in one transaction: approval, last events, what it used so far and its reservation given back; false when the turn is no longer
    /// this epoch's. From then on it is nobody's.
    /// </summary>
    Task<bool> WaitAsync(string turnId, long epoch, WaitingTurn waiting, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Decides about an approval, once: of all that try one wins. Its turn is accepted again, this epoch's, and to be run.</summary>
    Task<DecideResult> DecideAsync(
        string threadId, string approvalId, ApprovalDecision decision, long epoch, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Ends a turn that waits as cancelled, its approval denied; false when it does not wait.</summary>
    Task<bool> CancelWaitingAsync(string turnId, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>
    /// Drops the events of turns that ended before, but for the last of each, which says how it ended; returns of how many
    /// turns. What was said stays, as messages.
    /// </summary>
    Task<int> PruneAsync(DateTimeOffset endedBefore, int atMost, CancellationToken cancellationToken);

    /// <summary>Asks the server that runs a turn to cancel it; nothing when it has ended.</summary>
    Task RequestCancelAsync(string turnId, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>An epoch's turns that have not ended, and whether they are to be cancelled.</summary>
    Task<IReadOnlyList<(Turn Turn, bool IsCancelRequested)>> ListRunningAsync(long epoch, CancellationToken cancellationToken);

    /// <summary>Interrupts a turn of this epoch that has started and does not run, with what is stored of it; false when it has ended.</summary>
    Task<bool> InterruptAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>A thread's turn that has not ended, on whichever server; null for none.</summary>
    Task<Turn?> FindRunningAsync(string threadId, CancellationToken cancellationToken);

    /// <summary>Where a turn is; null when there is none.</summary>
    Task<TurnState?> FindStateAsync(string turnId, CancellationToken cancellationToken);

    /// <summary>The turn, or null.</summary>
    Task<Turn?> FindAsync(string threadId, string turnId, CancellationToken cancellationToken);

    /// <summary>The turn, in whichever thread it is; null for none.</summary>
    Task<Turn?> FindByIdAsync(string turnId, CancellationToken cancellationToken);

    /// <summary>The turn that an idempotency key took on in a thread; null for none.</summary>
    Task<Turn?> FindByKeyAsync(string threadId, string keyId, string idempotencyKey, CancellationToken cancellationToken);

    /// <summary>What a turn asks beyond its text, as it was stored; null for nothing.</summary>
    Task<string?> ReadPromptAsync(string turnId, CancellationToken cancellationToken);

    /// <summary>Copies ended turns with their messages, without their events, into a thread that has none; all or nothing.</summary>
    Task CopyAsync(string intoThreadId, string keyId, IReadOnlyList<CopiedTurn> turns, CancellationToken cancellationToken);

    /// <summary>A turn's events after one, in order.</summary>
    Task<IReadOnlyList<StoredEvent>> ReadEventsAsync(string turnId, long afterId, CancellationToken cancellationToken);
}
