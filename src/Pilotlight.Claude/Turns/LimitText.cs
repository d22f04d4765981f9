using System.Globalization;
using System.Text.RegularExpressions;

namespace Pilotlight.Claude.Turns;

/// <summary>When a limit is over that the API tells of in words alone.</summary>
/// <remarks>
/// An organization's limit of spending is a 400 without a header: "You have reached your specified API usage limits. You will regain access on
/// 2026-12-01 at 00:00 UTC." Earlier CLIs told of a sign-in's as "Claude AI usage limit reached|1764547200".
/// </remarks>
internal static partial class LimitText
{
    /// <summary>The end that a message tells of; null where it tells of none.</summary>
    public static DateTimeOffset? EndOf(string message)
    {
        if (Regained().Match(message) is { Success: true } day
            && DateTimeOffset.TryParse($"{day.Groups[1].Value} {(day.Groups[2].Success ? day.Groups[2].Value : "00:00")}", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end))
        {
            return end;
        }

        return Reached().Match(message) is { Success: true } second
            ? DateTimeOffset.FromUnixTimeSeconds(long.Parse(second.Groups[1].Value, CultureInfo.InvariantCulture)) : null;
    }

    [GeneratedRegex(@"regain access on (\d{4}-\d{2}-\d{2})(?: at (\d{2}:\d{2}) UTC)?")]
    private static partial Regex Regained();

    [GeneratedRegex(@"limit reached\|(\d{10})\b")]
    private static partial Regex Reached();
}
