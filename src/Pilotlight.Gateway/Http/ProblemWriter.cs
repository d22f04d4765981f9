using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Pilotlight.Gateway.Anthropic;
using Pilotlight.Gateway.OpenAi;

namespace Pilotlight.Gateway.Http;

/// <summary>Writes a problem in the shape that the route's clients read: problem+json, or the compatible API's own.</summary>
/// <remarks>Unlike the framework's, whatever the request says it accepts: a client that asked for an event stream must hear why there is none.</remarks>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    private const string ProblemJson = "application/problem+json";

    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var (http, details) = (context.HttpContext, context.ProblemDetails);
        var status = details.Status ?? http.Response.StatusCode;
        details.Status = status;
        ProblemHandler.Complete(context);
        var parameter = (http.Features.Get<IExceptionHandlerFeature>()?.Error as ApiProblemException)?.Parameter;
        var message = details.Detail ?? details.Title ?? "The request failed.";
        switch (Dialects.Of(http.Request))
        {
            case Dialect.OpenAi:
                await http.Response.WriteAsJsonAsync(OpenAiErrors.From(status, details.Type!, message, parameter), OpenAiJson.Default.OpenAiErrorBody);
                break;
            case Dialect.Anthropic:
                await http.Response.WriteAsJsonAsync(AnthropicErrors.From(status, message), AnthropicJson.Default.AnthropicErrorBody);
                break;
            default:
                if (parameter is not null)
                {
                    details.Extensions["parameter"] = parameter;
                }

                await http.Response.WriteAsJsonAsync(details, options: null, ProblemJson);
                break;
        }
    }
}

/// <summary>Whose words a route speaks.</summary>
internal enum Dialect
{
    Native,
    OpenAi,
    Anthropic,
}

/// <summary>Tells the routes of the compatible APIs apart, also those that do not exist.</summary>
internal static class Dialects
{
    public static Dialect Of(HttpRequest request) =>
        !request.Path.StartsWithSegments("/v1", out var rest) ? Dialect.Native
        : rest.StartsWithSegments("/messages") || request.Headers.ContainsKey("anthropic-version") ? Dialect.Anthropic
        : Dialect.OpenAi;
}
