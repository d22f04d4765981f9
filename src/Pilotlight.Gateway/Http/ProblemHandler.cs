using System.Collections.ObjectModel;
using System.Diagnostics;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Turns;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Turns;

namespace Pilotlight.Gateway.Http;

/// <summary>Turns every exception that leaves an endpoint into problem+json.</summary>
internal sealed partial class ProblemHandler(
    IProblemDetailsService problems, IEnumerable<IProblemShape> shapes, TimeProvider time, ILogger<ProblemHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext http, Exception exception, CancellationToken cancellationToken)
    {
        var details = exception switch
        {
            ProblemException problem => Details(problem.Problem),
            BadHttpRequestException bad => Details(
                bad.StatusCode,
                bad.StatusCode == 413 ? HttpProblems.BodyTooLarge : ProblemKinds.InvalidRequest,
                bad.StatusCode == 413 ? "The request is too large" : "The request is not valid",
                bad.InnerException is System.Text.Json.JsonException json ? $"The body is not valid JSON for this route: {Describe(json)}" : bad.Message),
            ClaudeException claude => Details(TurnProblems.From(claude.Error)),
            StorageUnavailableException storage => Details(new Problem(ProblemKinds.StorageUnavailable, "The store is not available", storage.Message)),
            _ => Details(new Problem(HttpProblems.Internal, "The gateway failed", "Something went wrong here; the log holds it under this traceId.")),
        };
        if (details.Status == StatusCodes.Status401Unauthorized)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
        }

        if (exception is ProblemException { Problem.Kind: HttpProblems.UnknownCoding })
        {
            http.Response.Headers.AcceptEncoding = PackedBodies.Codings;
        }

        if (exception is ProblemException { Problem: var known })
        {
            if (known is RateProblem { Rate: { } rate })
            {
                var words = shapes.FirstOrDefault(shape => shape.Speaks(http.Request))?.Limits ?? LimitWords.OpenAi;
                RateHeaders.Write(http.Response.Headers, words, rate, ReadOnlyDictionary<string, string>.Empty, time.GetUtcNow());
            }

            RetryHeaders.Write(http.Response.Headers, known);
        }

        if (details.Status == StatusCodes.Status500InternalServerError)
        {
            LogFailed(logger, exception, http.Request.Method, http.GetEndpoint()?.DisplayName ?? "no route", TraceId(http));
        }

        http.Response.StatusCode = details.Status!.Value;
        return await problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = http, ProblemDetails = details });
    }

    /// <summary>Gives every problem a stable type and the trace's id.</summary>
    public static void Complete(ProblemDetailsContext context)
    {
        var details = context.ProblemDetails;
        details.Extensions["traceId"] = TraceId(context.HttpContext);
        if (details.Type?.StartsWith(Problem.TypePrefix, StringComparison.Ordinal) != true)
        {
            var request = context.HttpContext.Request;
            (var type, details.Title, details.Detail) = details.Status switch
            {
                404 => ("not-found", "There is nothing here", $"There is no {request.Path}. /openapi/v1.json lists all routes, /scalar shows them."),
                405 => ("method-not-allowed", "The route takes other methods", $"{request.Path} does not take {request.Method}; it takes {context.HttpContext.Response.Headers.Allow}."),
                415 => ("unsupported-media-type", "The body is of another kind", "Send the body as application/json."),
                _ => ("http-" + details.Status, details.Title ?? "The request failed", details.Detail),
            };
            details.Type = Problem.TypePrefix + type;
        }
    }

    private static string TraceId(HttpContext http) => Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier;

    private static ProblemDetails Details(Problem problem) => Details(ProblemTable.Of(problem.Kind).Status, problem.Kind, problem.Title, problem.Detail);

    private static ProblemDetails Details(int status, string kind, string title, string detail) =>
        new() { Status = status, Type = Problem.TypePrefix + kind, Title = title, Detail = detail };

    // The route's pattern, not its address: what stands there is the caller's.
    // What it says itself names types of ours, which tell a sender nothing.
    private static string Describe(System.Text.Json.JsonException json) =>
        json.Message.Contains("could not be converted", StringComparison.Ordinal) ? $"the value at {json.Path} has the wrong type."
        : json.Message.Contains("could not be mapped", StringComparison.Ordinal) ? $"there is no field {json.Path}; see to its spelling and to where it stands."
        : json.Message;

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Route} failed; traceId {TraceId}")]
    private static partial void LogFailed(ILogger logger, Exception fault, string method, string route, string traceId);
}
