
namespace Pilotlight.Core.Problems;

/// <summary>The stable names of all problems. What is here stands in clients' code: names are added, never changed.</summary>
public static class ProblemKinds
{
    /// <summary>Something in the request is not valid.</summary>
    public const string InvalidRequest = "invalid-request";

    /// <summary>There is no such thread, or none that the caller may know of.</summary>
    public const string ThreadNotFound = "thread-not-found";

    /// <summary>There is no such turn in the thread.</summary>
    public const string TurnNotFound = "turn-not-found";

    /// <summary>There is no such approval in the thread.</summary>
    public const string ApprovalNotFound = "approval-not-found";

    /// <summary>The approval was answered, or its turn has ended.</summary>
    public const string ApprovalOver = "approval-over";

    /// <summary>There is no such message in the thread.</summary>
    public const string MessageNotFound = "message-not-found";

    /// <summary>There is no such attachment in the thread.</summary>
    public const string AttachmentNotFound = "attachment-not-found";

    /// <summary>An attachment, or all of a message together, are too large.</summary>
    public const string AttachmentTooLarge = "attachment-too-large";

    /// <summary>There is no such key.</summary>
    public const string KeyNotFound = "key-not-found";

    /// <summary>There is no such model in the list.</summary>
    public const string ModelNotFound = "model-not-found";

    /// <summary>The thread's profile gives it no workspace.</summary>
    public const string NoWorkspace = "no-workspace";

    /// <summary>There is no such file in the thread's workspace.</summary>
    public const string FileNotFound = "file-not-found";

    /// <summary>The thread's workspace has no room for that.</summary>
    public const string WorkspaceFull = "workspace-full";

    /// <summary>The thread has a running turn.</summary>
    public const string ThreadBusy = "thread-busy";

    /// <summary>The thread was changed by others each time.</summary>
    public const string ThreadContended = "thread-contended";

    /// <summary>A cancelled turn has not ended in time.</summary>
    public const string TurnDoesNotEnd = "turn-does-not-end";

    /// <summary>An Idempotency-Key came before with another request.</summary>
    public const string IdempotencyKeyReused = "idempotency-key-reused";

    /// <summary>The server takes no new turns, since it stops.</summary>
    public const string Stopping = "stopping";

    /// <summary>The server runs as many turns as it may.</summary>
    public const string TooManyTurns = "too-many-turns";

    /// <summary>More tokens than may be sent.</summary>
    public const string ContextTooLong = "context-too-long";

    /// <summary>The turn was broken off by the end of its server.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>A key is needed, and none was sent.</summary>
    public const string KeyMissing = "key-missing";

    /// <summary>The key opens nothing.</summary>
    public const string KeyWrong = "key-wrong";

    /// <summary>There are no keys, and the caller is not surely this machine.</summary>
    public const string KeysNeeded = "keys-needed";

    /// <summary>A key stands in the address.</summary>
    public const string KeyInQuery = "key-in-query";

    /// <summary>The sign-in's key opens nothing any more.</summary>
    public const string SignedOut = "signed-out";

    /// <summary>Only admins may do this.</summary>
    public const string AdminsOnly = "admins-only";

    /// <summary>The key may not use this model.</summary>
    public const string ModelNotAllowed = "model-not-allowed";

    /// <summary>The key may not use this profile.</summary>
    public const string ProfileNotAllowed = "profile-not-allowed";

    /// <summary>The key has begun its turns of this minute.</summary>
    public const string RateLimited = "rate-limited";

    /// <summary>The key runs as many turns at a time as it may.</summary>
    public const string TooManyTurnsOfKey = "too-many-turns-of-key";

    /// <summary>The key's budget does not hold the turn.</summary>
    public const string BudgetExceeded = "budget-exceeded";

    /// <summary>The files of a turn cannot be brought back.</summary>
    public const string NoCheckpoint = "no-checkpoint";

    /// <summary>The store cannot be used.</summary>
    public const string StorageUnavailable = "storage-unavailable";

    /// <summary>The API refused the credentials.</summary>
    public const string UpstreamAuthentication = "upstream-authentication";

    /// <summary>The API's rate limit was met.</summary>
    public const string UpstreamRateLimited = "upstream-rate-limited";

    /// <summary>The API is overloaded.</summary>
    public const string UpstreamOverloaded = "upstream-overloaded";

    /// <summary>The API failed.</summary>
    public const string UpstreamFailed = "upstream-failed";

    /// <summary>There is no Claude CLI that can be used.</summary>
    public const string CliUnavailable = "cli-unavailable";

    /// <summary>The Claude CLI ended unexpectedly.</summary>
    public const string CliCrashed = "cli-crashed";

    /// <summary>The turn took too long.</summary>
    public const string Timeout = "timeout";

    /// <summary>No process was free in time.</summary>
    public const string PoolExhausted = "pool-exhausted";

    /// <summary>The turn failed for a reason that has no name.</summary>
    public const string Failed = "failed";
}
