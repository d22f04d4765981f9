using System.Globalization;
using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Access;

namespace Pilotlight.Gateway.Http;

/// <summary>In whose words limits are told.</summary>
internal enum LimitWords
{
    /// <summary>OpenAI's: <c>x-ratelimit-…</c>, with the time that is left.</summary>
    OpenAi,

    /// <summary>Anthropic's: <c>anthropic-ratelimit-…</c>, with the time at which it goes on.</summary>
    Anthropic,
}

/// <summary>How much may still be asked for, as the headers that clients of such APIs look for.</summary>
/// <remarks>There are a key's own limit of turns and what the API itself tells of its account; of two that are both for requests the nearer one is told.</remarks>
internal static class RateHeaders
{
    private const string Api = "anthropic-ratelimit-";
    private const string ApiRequests = Api + "requests";
    private const string Requests = "requests";
    private const string Tokens = "tokens";

    /// <summary>The names of all that a page of another origin may read.</summary>
    public static IEnumerable<string> Names =>
    [
        .. from kind in (string[])[Requests, Tokens] from what in (string[])["limit", "remaining", "reset"] select $"x-ratelimit-{what}-{kind}",
        .. from kind in (string[])[Requests, Tokens, "input-tokens", "output-tokens"] from what in (string[])["limit", "remaining", "reset"] select $"{Api}{kind}-{what}",
    ];

    /// <summary>Tells of a key's own limit.</summary>
    public static void Write(IHeaderDictionary headers, RateState? own)
    {
        if (own is not null)
        {
            Write(headers, Requests, Number(own.Limit), Number(own.Remaining), Duration(TimeSpan.FromSeconds(own.SecondsLeft)));
        }
    }

    /// <summary>Tells of a key's own limit and of the API's.</summary>
    /// <param name="headers">Where they are told.</param>
    /// <param name="words">In whose words.</param>
    /// <param name="own">The key's own; null where there is none.</param>
    /// <param name="api">The API's headers as they came.</param>
    /// <param name="now">The time.</param>
    public static void Write(IHeaderDictionary headers, LimitWords words, RateState? own, IReadOnlyDictionary<string, string> api, DateTimeOffset now)
    {
        var isOwnNearer = own is not null && !(long.TryParse(api.GetValueOrDefault(ApiRequests + "-remaining"), CultureInfo.InvariantCulture, out var left) && left < own.Remaining);
        if (words == LimitWords.Anthropic)
        {
            foreach (var (name, value) in api)
            {
                headers[name] = value;
            }

            if (isOwnNearer)
            {
                headers[ApiRequests + "-limit"] = Number(own!.Limit);
                headers[ApiRequests + "-remaining"] = Number(own.Remaining);
                headers[ApiRequests + "-reset"] = now.AddSeconds(own.SecondsLeft).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            }
        }
        else
        {
            Translate(headers, Requests, api, now);
            Translate(headers, Tokens, api, now);
        }

        if (isOwnNearer)
        {
            Write(headers, own);
        }
    }

    private static void Translate(IHeaderDictionary headers, string kind, IReadOnlyDictionary<string, string> api, DateTimeOffset now)
    {
        var reset = DateTimeOffset.TryParse(api.GetValueOrDefault($"{Api}{kind}-reset"), CultureInfo.InvariantCulture, out var at) ? Duration(at > now ? at - now : TimeSpan.Zero) : null;
        Write(headers, kind, api.GetValueOrDefault($"{Api}{kind}-limit"), api.GetValueOrDefault($"{Api}{kind}-remaining"), reset);
    }

    private static void Write(IHeaderDictionary headers, string kind, string? limit, string? remaining, string? reset)
    {
        Set("limit", limit);
        Set("remaining", remaining);
        Set("reset", reset);

        void Set(string what, string? value)
        {
            if (value is not null)
            {
                headers[$"x-ratelimit-{what}-{kind}"] = value;
            }
        }
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    // As OpenAI's API writes it: 1h2m3s, 6m0s, 8s, 120ms.
    private static string Duration(TimeSpan wait) => wait switch
    {
        { TotalSeconds: > 0 and < 1 } => Text($"{wait.TotalMilliseconds:0}ms"),
        { TotalHours: >= 1 } => Text($"{(long)wait.TotalHours}h{wait.Minutes}m{wait.Seconds}s"),
        { TotalMinutes: >= 1 } => Text($"{wait.Minutes}m{wait.Seconds}s"),
        _ => Text($"{wait.Seconds}s"),
    };

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
