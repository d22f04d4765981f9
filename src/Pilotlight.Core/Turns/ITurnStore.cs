namespace Pilotlight.Core.Turns;

/// <summary>Where turns and their events are kept. Safe for concurrent use.</summary>
/// <remarks>
/// Every write after <see cref="AcceptAsync"/> is guarded by the owner's epoch: a server that was thought dead and wakes up
/// changes nothing.
/// </remarks>
public interface ITurnStore
{
    /// <summary>Opens an epoch greater than all before, for a server of this name; earlier ones of the name are over.</summary>
    Task<long> OpenEpochAsync(string node, DateTimeOffset at, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>Says that an epoch goes on, and the leases of its running turns; false when others have taken it for dead.</summary>
    Task<bool> RenewAsync(long epoch, IReadOnlyCollection<string> leases, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>
    /// Takes over from epochs that are over. Turns that one had started become <see cref="TurnState.Interrupted"/>, their
    /// partial answers stored and their reservations given back; those only accepted become this epoch's and are returned, to be run.
    /// </summary>
    Task<IReadOnlyList<Turn>> TakeOverAsync(long epoch, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>
    /// Stores a turn, the user's message and the reservation in one transaction, unless the thread is busy, the key was used,
    /// or a limit is met.
    /// </summary>
    Task<AcceptResult> AcceptAsync(NewTurnRequest request, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Moves an accepted turn to started, once; false when somebody else did or it has ended.</summary>
    Task<bool> TryStartAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Appends events; false when the turn is no longer this epoch's.</summary>
    Task<bool> AppendAsync(string turnId, long epoch, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken);

    /// <summary>Ends a turn in one transaction: answer, state, last events, usage and settlement; false when the turn is no longer this epoch's.</summary>
    Task<bool> EndAsync(
        string turnId, long epoch, TurnOutcome outcome, IReadOnlyList<StoredEvent> lastEvents, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>
    /// Drops the events of turns that ended before, but for the last of each, which says how it ended; returns of how many
    /// turns. What was said stays, as messages.
    /// </summary>
    Task<int> PruneAsync(DateTimeOffset endedBefore, int atMost, CancellationToken cancellationToken);

    /// <summary>The turn, or null.</summary>
    Task<Turn?> FindAsync(string threadId, string turnId, CancellationToken cancellationToken);

    /// <summary>A turn's events after one, in order.</summary>
    Task<IReadOnlyList<StoredEvent>> ReadEventsAsync(string turnId, long afterId, CancellationToken cancellationToken);
}
