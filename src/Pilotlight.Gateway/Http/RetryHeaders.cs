using System.Globalization;
using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Problems;

namespace Pilotlight.Gateway.Http;

/// <summary>Tells clients when to try again, as far as that is known, and when not to.</summary>
internal static class RetryHeaders
{
    private const string ShouldRetry = "x-should-retry";

    // The official clients wait no longer than this; past it they would try in vain, soon and often.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(1);

    /// <summary>Completes what the API itself has said of a limit.</summary>
    public static void Complete(IHeaderDictionary headers)
    {
        if (!headers.ContainsKey(ShouldRetry) && long.TryParse(headers.RetryAfter, CultureInfo.InvariantCulture, out var seconds) && seconds > s_longestWait.TotalSeconds)
        {
            headers[ShouldRetry] = "false";
        }
    }

    public static void Write(IHeaderDictionary headers, Problem problem)
    {
        if (problem.RetryAfter is { } wait)
        {
            headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (!ProblemTable.Of(problem.Kind).MayPass || problem.RetryAfter > s_longestWait)
        {
            headers[ShouldRetry] = "false";
        }
        else if (problem.RetryAfter is not null)
        {
            headers[ShouldRetry] = "true";
        }
    }
}
