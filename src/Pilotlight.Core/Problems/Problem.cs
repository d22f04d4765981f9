namespace Pilotlight.Core.Problems;

/// <summary>Why something cannot be done, in the domain's own terms; each edge maps it to a status and words it in its API's shape.</summary>
/// <param name="Kind">A stable name for programs, one of <see cref="ProblemKinds"/>.</param>
/// <param name="Title">The same for people.</param>
/// <param name="Detail">The value at hand and the next step.</param>
public record Problem(string Kind, string Title, string Detail)
{
    /// <summary>What stands before the kind in a problem's <c>type</c>.</summary>
    public const string TypePrefix = "urn:pilotlight:problem:";

    /// <summary>The kind as RFC 9457's <c>type</c>.</summary>
    public string Type => TypePrefix + Kind;

    /// <summary>The wait to recommend before another try; null for none.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The parameter that is at fault; null for none.</summary>
    public string? Parameter { get; init; }

    /// <summary>The status that the API behind gave; null if it gave none.</summary>
    public int? UpstreamStatus { get; init; }
}

/// <summary>Something cannot be done; <see cref="Problem"/> says why.</summary>
public sealed class ProblemException(Problem problem, Exception? innerException = null) : Exception(problem.Detail, innerException)
{
    /// <summary>Why.</summary>
    public Problem Problem => problem;
}
