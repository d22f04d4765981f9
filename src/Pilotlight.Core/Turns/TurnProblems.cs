using Pilotlight.Claude.Turns;
using Pilotlight.Core.Problems;

namespace Pilotlight.Core.Turns;

/// <summary>What stands against a turn, or ended it.</summary>
public static class TurnProblems
{
    /// <summary>The turn was broken off by the end of its server.</summary>
    public static Problem Interrupted { get; } = new(
        ProblemKinds.Interrupted, "The turn was interrupted",
        "The server stopped in the middle of the turn. What had come of the answer is stored; send the message again for a whole one.");

    internal static ProblemException NoTurn(string id) => new(new Problem(
        ProblemKinds.TurnNotFound, "There is no such turn", $"There is no turn '{id}' in this thread. GET …/messages names the turns there are."));

    internal static ProblemException NoCheckpoint(string reason) => new(new Problem(
        ProblemKinds.NoCheckpoint, "The files cannot be brought back", reason));

    internal static ProblemException NoMessage(string id) => new(new Problem(
        ProblemKinds.MessageNotFound, "There is no such message", $"There is no message '{id}' in this thread. GET …/messages lists those there are."));

    internal static ProblemException ThreadBusy(string threadId, string turnId) => new(new Problem(
        ProblemKinds.ThreadBusy, "The thread has a running turn",
        $"Thread '{threadId}' is in turn '{turnId}'. Follow it at …/turns/{turnId}/events, cancel it, or wait for its end."));

    internal static ProblemException Contended(string threadId) => new(new Problem(
        ProblemKinds.ThreadContended, "The thread changes all the time",
        $"Thread '{threadId}' was changed by others each time this turn was to begin. Try again.")
    { RetryAfter = TimeSpan.FromSeconds(1) });

    internal static ProblemException DoesNotEnd(string turnId, TimeSpan patience) => new(new Problem(
        ProblemKinds.TurnDoesNotEnd, "The thread's turn does not end",
        $"Turn '{turnId}' was cancelled and has not ended within {patience.TotalSeconds:0} s. Try again.")
    { RetryAfter = TimeSpan.FromSeconds(5) });

    internal static ProblemException KeyReused(string key) => new(new Problem(
        ProblemKinds.IdempotencyKeyReused, "The Idempotency-Key was used for another request",
        $"Idempotency-Key '{key}' came before with another request: other words, files or settings. Use a new key for a new one."));

    internal static ProblemException Stopping() => new(new Problem(
        ProblemKinds.Stopping, "The server is stopping", "The server takes no new turns. Try again in a few seconds.")
    { RetryAfter = TimeSpan.FromSeconds(5) });

    internal static ProblemException Full(int running) => new(new Problem(
        ProblemKinds.TooManyTurns, "Too many turns are running",
        $"{running} turns are running or wait for a process. Try again soon, or raise Pilotlight:Relay:MaxRunning, Pilotlight:Pool:MaxProcesses or Pilotlight:Pool:MaxWaiting.")
    { RetryAfter = TimeSpan.FromSeconds(1) });

    /// <summary>Why a turn failed, of what the adapter says.</summary>
    public static Problem From(TurnError error)
    {
        var (kind, title) = error.Kind switch
        {
            TurnErrorKind.Authentication => (ProblemKinds.UpstreamAuthentication, "The API refused the credentials"),
            TurnErrorKind.InvalidRequest => (ProblemKinds.InvalidRequest, "The API refused the request"),
            TurnErrorKind.RateLimited => (ProblemKinds.UpstreamRateLimited, "The API's rate limit was met"),
            TurnErrorKind.Overloaded => (ProblemKinds.UpstreamOverloaded, "The API is overloaded"),
            TurnErrorKind.Api => (ProblemKinds.UpstreamFailed, "The API failed"),
            TurnErrorKind.ContextTooLong => (ProblemKinds.ContextTooLong, "The conversation is too long"),
            TurnErrorKind.CliUnavailable => (ProblemKinds.CliUnavailable, "The Claude CLI is not available"),
            TurnErrorKind.CliCrashed => (ProblemKinds.CliCrashed, "The Claude CLI ended unexpectedly"),
            TurnErrorKind.BudgetExceeded => (ProblemKinds.BudgetExceeded, "The budget is used up"),
            TurnErrorKind.Timeout => (ProblemKinds.Timeout, "The turn took too long"),
            TurnErrorKind.PoolExhausted => (ProblemKinds.PoolExhausted, "No process was free"),
            _ => (ProblemKinds.Failed, "The turn failed"),
        };
        return new Problem(kind, title, error.Message) { UpstreamStatus = error.Status, RetryAfter = error.RetryAfter };
    }
}
