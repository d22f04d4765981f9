namespace Pilotlight.Gateway.Turns;

/// <summary>Where turns and their events are kept. Safe for concurrent use.</summary>
/// <remarks>
/// Every write after <see cref="AcceptAsync"/> is guarded by the owner's epoch: a server that was thought dead and wakes up
/// changes nothing.
/// </remarks>
public interface ITurnStore
{
    /// <summary>
    /// Opens an epoch greater than all before and returns it. Turns that an earlier one had started become
    /// <see cref="TurnState.Interrupted"/>, their partial answers stored; those only accepted are returned, to be run.
    /// </summary>
    Task<(long Epoch, IReadOnlyList<Turn> Waiting)> OpenEpochAsync(DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Stores a turn and the user's message in one transaction, unless the thread is busy or the key was used.</summary>
    Task<AcceptResult> AcceptAsync(Turn turn, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Moves an accepted turn to started, once; false when somebody else did or it has ended.</summary>
    Task<bool> TryStartAsync(string turnId, long epoch, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Appends events; false when the turn is no longer this epoch's.</summary>
    Task<bool> AppendAsync(string turnId, long epoch, IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken);

    /// <summary>Ends a turn in one transaction: answer, state and last events; false when the turn is no longer this epoch's.</summary>
    Task<bool> EndAsync(
        string turnId, long epoch, TurnOutcome outcome, IReadOnlyList<StoredEvent> lastEvents, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>The turn, or null.</summary>
    Task<Turn?> FindAsync(string threadId, string turnId, CancellationToken cancellationToken);

    /// <summary>A turn's events after one, in order.</summary>
    Task<IReadOnlyList<StoredEvent>> ReadEventsAsync(string turnId, long afterId, CancellationToken cancellationToken);
}

/// <summary>Makes the store ready before the first request: creates or migrates it.</summary>
public interface IStorageInitializer
{
    /// <summary>Creates or migrates.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be reached or written.</exception>
    Task InitializeAsync(CancellationToken cancellationToken);
}

/// <summary>The store cannot be used; the message says why and what to do.</summary>
public sealed class StorageUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
