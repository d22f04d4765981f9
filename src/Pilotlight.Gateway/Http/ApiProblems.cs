using Microsoft.AspNetCore.Http;
using Pilotlight.Gateway.Turns;

namespace Pilotlight.Gateway.Http;

/// <summary>A request that cannot be served, as RFC 9457 words it.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="type">A stable name, without its prefix.</param>
/// <param name="title">The same for people.</param>
/// <param name="detail">The value at hand and the next step.</param>
public sealed class ApiProblemException(int status, string type, string title, string detail) : Exception(detail)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>A stable name.</summary>
    public string Type => TurnProblem.TypePrefix + type;

    /// <summary>The same for people.</summary>
    public string Title => title;

    /// <summary>The wait to recommend, in seconds; null for none.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>Further headers of the response.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The parameter that is at fault; null for none.</summary>
    public string? Parameter { get; init; }
}

/// <summary>Every problem the native API answers with.</summary>
internal static class ApiProblems
{
    public static ApiProblemException NoThread(string id) => new(
        404, "thread-not-found", "There is no such thread", $"There is no thread '{id}'. GET /api/threads lists those there are.");

    public static ApiProblemException NoRoute(HttpRequest request) => new(
        404, "not-found", "There is nothing here", $"There is no {request.Method} {request.Path}. /openapi/v1.json lists all routes, /scalar shows them.");

    public static ApiProblemException NoTurn(string id) => new(
        404, "turn-not-found", "There is no such turn", $"There is no turn '{id}' in this thread. GET …/messages names the turns there are.");

    public static ApiProblemException ThreadBusy(string threadId, string turnId) => new(
        409, "thread-busy", "The thread has a running turn",
        $"Thread '{threadId}' is in turn '{turnId}'. Follow it at …/turns/{turnId}/events, cancel it, or wait for its end.");

    public static ApiProblemException Contended(string threadId) => new(
        409, "thread-contended", "The thread changes all the time",
        $"Thread '{threadId}' was changed by others each time this turn was to begin. Try again.") { RetryAfterSeconds = 1 };

    public static ApiProblemException DoesNotEnd(string turnId, TimeSpan patience) => new(
        503, "turn-does-not-end", "The thread's turn does not end",
        $"Turn '{turnId}' was cancelled and has not ended within {patience.TotalSeconds:0} s. Try again.") { RetryAfterSeconds = 5 };

    public static ApiProblemException KeyReused(string key) => new(
        409, "idempotency-key-reused", "The Idempotency-Key was used for another request",
        $"Idempotency-Key '{key}' came before with another text. Use a new key for a new message.");

    public static ApiProblemException Stopping() => new(
        503, "stopping", "The server is stopping", "The server takes no new turns. Try again in a few seconds.") { RetryAfterSeconds = 5 };

    public static ApiProblemException Full(int running) => new(
        503, "too-many-turns", "Too many turns are running",
        $"{running} turns are running or wait for a process. Try again soon, or raise Pilotlight:Relay:MaxRunning, Pilotlight:Pool:MaxProcesses or Pilotlight:Pool:MaxWaiting.") { RetryAfterSeconds = 1 };

    public static ApiProblemException Parameter(string name, string detail) =>
        new(400, "invalid-request", "The request is not valid", detail) { Parameter = name };

    public static ApiProblemException Invalid(string detail) => new(400, "invalid-request", "The request is not valid", detail);
}
