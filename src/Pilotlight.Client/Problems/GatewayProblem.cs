namespace Pilotlight.Client.Problems;

/// <summary>Why the gateway refused, or why a turn failed.</summary>
/// <param name="Kind">A stable name for programs, <c>thread-busy</c> for instance; <c>unreachable</c> when no gateway answered.</param>
/// <param name="Title">The same for people.</param>
/// <param name="Detail">The value at hand and the next step.</param>
public sealed record GatewayProblem(string Kind, string Title, string Detail)
{
    /// <summary>The kind when no gateway answered.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>The kind when a turn was broken off by the end of its server.</summary>
    public const string Interrupted = "interrupted";

    /// <summary>The kind when somebody stopped the turn.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>The HTTP status that says the same; null without an answer.</summary>
    public int? Status { get; init; }

    /// <summary>The status that the model's API gave; null if it gave none.</summary>
    public int? UpstreamStatus { get; init; }

    /// <summary>The wait that the gateway recommends before another try; null for none.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>By which the gateway's log and traces know the request; null for none.</summary>
    public string? TraceId { get; init; }
}

/// <summary>The gateway refused, a turn failed, or no gateway answered; <see cref="Problem"/> says which.</summary>
public sealed class PilotlightException : Exception
{
    /// <summary>Makes one of a problem.</summary>
    public PilotlightException(GatewayProblem problem, Exception? innerException = null)
        : base(problem.Detail.Length > 0 ? problem.Detail : problem.Title, innerException) => Problem = problem;

    /// <summary>Why.</summary>
    public GatewayProblem Problem { get; }
}
