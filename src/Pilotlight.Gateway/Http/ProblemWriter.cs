using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Problems;

namespace Pilotlight.Gateway.Http;

/// <summary>Writes a problem in the shape that the route's clients read: problem+json, or the compatible API's own.</summary>
/// <remarks>Unlike the framework's, whatever the request says it accepts: a client that asked for an event stream must hear why there is none.</remarks>
internal sealed class ProblemWriter(IEnumerable<IProblemShape> shapes) : IProblemDetailsWriter
{
    private const string ProblemJson = "application/problem+json";

    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var (http, details) = (context.HttpContext, context.ProblemDetails);
        var status = details.Status ?? http.Response.StatusCode;
        details.Status = status;
        ProblemHandler.Complete(context);
        var problem = (http.Features.Get<IExceptionHandlerFeature>()?.Error as ProblemException)?.Problem;
        if (shapes.FirstOrDefault(shape => shape.Speaks(http.Request)) is { } own)
        {
            var row = problem is null ? ProblemTable.Of(status, details.Type![Problem.TypePrefix.Length..]) : ProblemTable.Of(problem.Kind);
            await own.WriteAsync(http, row, problem is null ? details.Detail ?? details.Title ?? "The request failed." : own.Word(problem), problem?.Parameter);
            return;
        }

        if (problem?.Parameter is { } parameter)
        {
            details.Extensions["parameter"] = parameter;
        }

        await http.Response.WriteAsJsonAsync(details, options: null, ProblemJson);
    }
}
