using System.Globalization;
using System.Text.Json;
using Pilotlight.Claude.Turns;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Wire;

namespace Pilotlight.Gateway.Direct;

/// <summary>Reads an answer of the API's that is an error.</summary>
internal static class DirectErrors
{
    /// <summary>What it says.</summary>
    public static TurnError Read(DirectAnswer answer, byte[] body, DateTimeOffset now)
    {
        var message = Message(body) ?? $"The API answered with {answer.Status}.";
        return new TurnError(KindOf(answer.Status, message), message, answer.Status, RetryAfter(answer) ?? (LimitText.EndOf(message) is { } end && end > now ? end - now : null));
    }

    /// <summary>The kind of an error by the API's status and words.</summary>
    public static TurnErrorKind KindOf(int status, string message) => status switch
    {
        401 or 403 => TurnErrorKind.Authentication,
        400 or 413 when message.Contains("prompt is too long", StringComparison.OrdinalIgnoreCase) => TurnErrorKind.ContextTooLong,
        429 => TurnErrorKind.RateLimited,
        400 when LimitText.EndOf(message) is not null => TurnErrorKind.RateLimited,
        503 or 529 => TurnErrorKind.Overloaded,
        >= 400 and < 500 => TurnErrorKind.InvalidRequest,
        _ => TurnErrorKind.Api,
    };

    private static string? Message(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.Inner("error") is { } error
                && error.Get("message") is { ValueKind: JsonValueKind.String } message ? message.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TimeSpan? RetryAfter(DirectAnswer answer) =>
        answer.Headers.FirstOrDefault(header => header.Key.Equals("retry-after", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault() is { } text
        && double.TryParse(text, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 1e7
            ? TimeSpan.FromSeconds(seconds) : null;
}
