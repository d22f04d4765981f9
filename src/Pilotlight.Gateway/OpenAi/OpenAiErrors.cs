using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Problems;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.OpenAi;

/// <summary>A problem in the OpenAI API's own shape.</summary>
internal static class OpenAiErrors
{
    public static OpenAiErrorBody From(Problem problem) => From(ProblemTable.Of(problem.Kind), ContextWords.OfOpenAi(problem), problem.Parameter);

    public static OpenAiErrorBody From(ProblemRow row, string message, string? parameter) =>
        new(new OpenAiError(message, row.OpenAiType, parameter, row.OpenAiCode));
}

/// <summary>Writes problems as OpenAI's clients read them.</summary>
internal sealed class OpenAiProblemShape : IProblemShape
{
    public bool Speaks(HttpRequest request) => Dialects.Of(request) == Dialect.OpenAi;

    public LimitWords Limits => LimitWords.OpenAi;

    public string Word(Problem problem) => ContextWords.OfOpenAi(problem);

    public Task WriteAsync(HttpContext http, ProblemRow row, string message, string? parameter) =>
        http.Response.WriteAsJsonAsync(OpenAiErrors.From(row, message, parameter), OpenAiJson.Default.OpenAiErrorBody);
}
