namespace Pilotlight.Core.Threads;

/// <summary>Where threads and messages are kept. Safe for concurrent use.</summary>
public interface IThreadStore
{
    /// <summary>Stores a new thread.</summary>
    Task CreateAsync(ChatThread thread, CancellationToken cancellationToken);

    /// <summary>The thread, or null.</summary>
    Task<ChatThread?> FindAsync(string threadId, CancellationToken cancellationToken);

    /// <summary>Threads, the one changed last first.</summary>
    /// <param name="owner">Only those of this key; null for all.</param>
    /// <param name="search">Only those whose title holds it, or where one message holds all its words, large and small letters alike; null for all.</param>
    /// <param name="cursor">Where the page before ended; null for the first.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<Page<ChatThread>> ListAsync(string? owner, string? search, string? cursor, int limit, CancellationToken cancellationToken);

    /// <summary>Changes a thread and returns it, or null when there is none.</summary>
    Task<ChatThread?> UpdateAsync(string threadId, ThreadChange change, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Deletes a thread with its messages, turns and events; false when there was none.</summary>
    Task<bool> DeleteAsync(string threadId, CancellationToken cancellationToken);

    /// <summary>Takes an ended turn out of its thread, with its messages and events, and makes live memory of the thread stale; false when there was none.</summary>
    Task<bool> RemoveTurnAsync(string threadId, string turnId, CancellationToken cancellationToken);

    /// <summary>A thread's messages, oldest first.</summary>
    Task<Page<StoredMessage>> ListMessagesAsync(string threadId, string? cursor, int limit, CancellationToken cancellationToken);

    /// <summary>A message of a thread, or of whichever thread where that is null; null when there is none.</summary>
    Task<StoredMessage?> FindMessageAsync(string? threadId, string messageId, CancellationToken cancellationToken);

    /// <summary>The message of a thread that brings an attachment; null when there is none.</summary>
    Task<StoredMessage?> FindAttachedAsync(string threadId, string attachmentId, CancellationToken cancellationToken);

    /// <summary>The messages that a fresh process is told: all of turns that left an answer, or a part of one; oldest first.</summary>
    Task<IReadOnlyList<StoredMessage>> ReadHistoryAsync(string threadId, CancellationToken cancellationToken);
}
