namespace Pilotlight.Core.Problems;

/// <summary>What is wrong with a request.</summary>
public static class RequestProblems
{
    /// <summary>Something in the request is not valid.</summary>
    public static ProblemException Invalid(string detail) => new(Of(detail));

    /// <summary>One parameter is not valid.</summary>
    public static ProblemException Parameter(string name, string detail) => new(Of(detail) with { Parameter = name });

    private static Problem Of(string detail) => new(ProblemKinds.InvalidRequest, "The request is not valid", detail);
}
