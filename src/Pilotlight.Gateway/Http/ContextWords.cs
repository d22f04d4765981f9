using System.Globalization;
using System.Text.RegularExpressions;
using Pilotlight.Core.Context;
using Pilotlight.Core.Problems;

namespace Pilotlight.Gateway.Http;

/// <summary>Words a conversation that is too long as each API does: clients tell by these words that they must shorten theirs.</summary>
internal static partial class ContextWords
{
    public static string OfAnthropic(Problem problem) => problem.Kind != ProblemKinds.ContextTooLong ? problem.Detail
        : Figures(problem) is var (tokens, most) ? $"prompt is too long: {tokens} tokens > {most} maximum. {problem.Detail}"
        : $"prompt is too long: {problem.Detail}";

    public static string OfOpenAi(Problem problem) => problem.Kind == ProblemKinds.ContextTooLong && Figures(problem) is var (tokens, most)
        ? $"This model's maximum context length is {most} tokens. However, your messages resulted in {tokens} tokens. {problem.Detail}"
        : problem.Detail;

    // Ours are counted here, the API's stand in what it said.
    private static (long Tokens, long Most)? Figures(Problem problem) => problem is ContextProblem counted ? (counted.Tokens, counted.Most)
        : Told().Match(problem.Detail) is { Success: true } told ? (Number(told.Groups[1].Value), Number(told.Groups[2].Value))
        : null;

    private static long Number(string digits) => long.Parse(digits, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(\d[\d,]{0,14}) tokens > (\d[\d,]{0,14}) maximum")]
    private static partial Regex Told();
}
