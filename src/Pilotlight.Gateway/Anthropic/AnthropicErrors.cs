using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Problems;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Anthropic;

/// <summary>A problem in the Anthropic API's own shape.</summary>
internal static class AnthropicErrors
{
    public static AnthropicErrorBody From(Problem problem) => From(ProblemTable.Of(problem.Kind), ContextWords.OfAnthropic(problem));

    public static AnthropicErrorBody From(ProblemRow row, string message) => new("error", new AnthropicError(row.AnthropicType, message));
}

/// <summary>Writes problems as Anthropic's clients read them.</summary>
internal sealed class AnthropicProblemShape : IProblemShape
{
    public bool Speaks(HttpRequest request) => Dialects.Of(request) == Dialect.Anthropic;

    public LimitWords Limits => LimitWords.Anthropic;

    public string Word(Problem problem) => ContextWords.OfAnthropic(problem);

    public Task WriteAsync(HttpContext http, ProblemRow row, string message, string? parameter) =>
        http.Response.WriteAsJsonAsync(AnthropicErrors.From(row, message), AnthropicJson.Default.AnthropicErrorBody);
}
