using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Pilotlight.Simulator;

/// <summary>
/// What a person asks of the simulator in the text of a message, since the CLI passes nothing else through:
/// <c>[[sim words=500 delay=800]]</c>. It acts only in the last user message, and the last one in it: the CLI puts a question that was
/// cancelled before its answer began, and the next one, into one message.
/// </summary>
/// <remarks>
/// Keys: <c>status</c> with <c>times</c> and <c>retry-after</c>; <c>words</c>; <c>delay</c> (ms); <c>rate</c> (tokens a second);
/// <c>cut-after</c> (tokens, once); <c>stall</c> or <c>stall-after</c>; <c>think</c>; <c>tool</c> with <c>input</c> (JSON, last);
/// <c>text</c> (the answer itself, last).
/// </remarks>
internal static partial class Directive
{
    /// <summary>Whether there is one.</summary>
    public static bool IsIn(string text) => Whole().IsMatch(text);

    /// <summary>The scenario asked for; <paramref name="attempt"/> counts how often the same message came, from 1.</summary>
    public static Scenario? Read(string text, int attempt)
    {
        if (Whole().Matches(text).LastOrDefault() is not { } match)
        {
            return null;
        }

        var body = match.Groups["body"].Value;
        JsonElement? input = null;
        string? said = null;
        if (body.IndexOf("text=", StringComparison.Ordinal) is >= 0 and var from)
        {
            (said, body) = (body[(from + 5)..], body[..from]);
        }

        if (body.IndexOf("input=", StringComparison.Ordinal) is >= 0 and var at)
        {
            input = Parse(body[(at + 6)..]);
            body = body[..at];
        }

        var keys = Key().Matches(body).ToDictionary(key => key.Groups["key"].Value, key => key.Groups["value"].Value, StringComparer.Ordinal);
        var scenario = new Scenario
        {
            Text = Number("words") is { } words ? Scenario.Words(words).Text : said,
            FirstTokenDelay = Number("delay") is { } delay ? TimeSpan.FromMilliseconds(delay) : null,
            TokensPerSecond = Number("rate"),
            ThinkingText = keys.ContainsKey("think") ? "The question is put to a simulated model, which thinks about it for form's sake." : null,
            StallAfterTokens = keys.ContainsKey("stall") ? 0 : Number("stall-after"),
            Tool = keys.TryGetValue("tool", out var tool) ? new ToolCall(tool, input ?? Parse("{}")) : null,
        };
        if (Number("status") is { } status && attempt <= (Number("times") ?? int.MaxValue))
        {
            return scenario with { ErrorStatus = status, RetryAfterSeconds = Number("retry-after") };
        }

        return attempt == 1 && Number("cut-after") is { } cut ? scenario with { CutAfterTokens = cut } : scenario;

        int? Number(string key) =>
            keys.TryGetValue(key, out var value) && int.TryParse(value, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static JsonElement Parse(string json)
    {
        try
        {
            return JsonDocument.Parse(json).RootElement.Clone();
        }
        catch (JsonException)
        {
            return JsonDocument.Parse("{}").RootElement.Clone();
        }
    }

    [GeneratedRegex(@"\[\[sim\s+(?<body>.*?)\]\]", RegexOptions.Singleline)]
    private static partial Regex Whole();

    [GeneratedRegex(@"(?<key>[a-z-]+)(=(?<value>\S+))?")]
    private static partial Regex Key();
}
