using Pilotlight.Claude.Turns;

namespace Pilotlight.Gateway.Turns;

/// <summary>Why a turn failed, as RFC 9457 words it.</summary>
/// <param name="Type">A stable name for programs.</param>
/// <param name="Title">The same for people.</param>
/// <param name="Status">The HTTP status that fits.</param>
/// <param name="Detail">What happened and what to do.</param>
/// <param name="UpstreamStatus">The status the API gave, if it gave one.</param>
public sealed record TurnProblem(string Type, string Title, int Status, string Detail, int? UpstreamStatus = null)
{
    /// <summary>The prefix of every problem's type.</summary>
    public const string TypePrefix = "urn:pilotlight:problem:";

    /// <summary>The turn was broken off by the end of its server.</summary>
    public static TurnProblem Interrupted { get; } = new(
        TypePrefix + "interrupted", "The turn was interrupted", 503,
        "The server stopped in the middle of the turn. What had come of the answer is stored; send the message again for a whole one.");

    internal static TurnProblem From(TurnError error)
    {
        var (type, title, status) = error.Kind switch
        {
            TurnErrorKind.Authentication => ("upstream-authentication", "The API refused the credentials", 502),
            TurnErrorKind.InvalidRequest => ("invalid-request", "The API refused the request", 400),
            TurnErrorKind.RateLimited => ("upstream-rate-limited", "The API's rate limit was met", 429),
            TurnErrorKind.Overloaded => ("upstream-overloaded", "The API is overloaded", 503),
            TurnErrorKind.Api => ("upstream-failed", "The API failed", 502),
            TurnErrorKind.ContextTooLong => ("context-too-long", "The conversation is too long", 400),
            TurnErrorKind.CliUnavailable => ("cli-unavailable", "The Claude CLI is not available", 503),
            TurnErrorKind.CliCrashed => ("cli-crashed", "The Claude CLI ended unexpectedly", 502),
            TurnErrorKind.Timeout => ("timeout", "The turn took too long", 504),
            TurnErrorKind.PoolExhausted => ("pool-exhausted", "No process was free", 503),
            _ => ("failed", "The turn failed", 500),
        };
        return new TurnProblem(TypePrefix + type, title, status, error.Message, error.Status);
    }
}
