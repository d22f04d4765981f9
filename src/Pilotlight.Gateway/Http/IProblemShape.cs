using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Problems;

namespace Pilotlight.Gateway.Http;

/// <summary>The shape that an API's own clients read problems in.</summary>
internal interface IProblemShape
{
    /// <summary>Whether a request is one of that API, also to a route that does not exist.</summary>
    bool Speaks(HttpRequest request);

    /// <summary>In whose words its clients read limits.</summary>
    LimitWords Limits { get; }

    /// <summary>What is said of a problem to that API's clients, some of which read it.</summary>
    string Word(Problem problem);

    /// <summary>Writes the body; status and headers are set already.</summary>
    Task WriteAsync(HttpContext http, ProblemRow row, string message, string? parameter);
}
