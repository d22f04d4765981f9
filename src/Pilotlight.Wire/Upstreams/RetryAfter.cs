using System.Globalization;
using System.Net.Http.Headers;

namespace Pilotlight.Wire.Upstreams;

/// <summary>How long an answer asks to be left alone.</summary>
internal static class RetryAfter
{
    public static TimeSpan? Read(HttpResponseHeaders headers, DateTimeOffset now)
    {
        if (headers.TryGetValues("retry-after-ms", out var values)
            && double.TryParse(values.First(), CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds is >= 0 and < 1e9)
        {
            return TimeSpan.FromMilliseconds(milliseconds);
        }

        return headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when date > now => date - now,
            _ => Reset(headers) is { } reset && reset > now ? reset - now : null,
        };
    }

    // A limit of hours, as sign-ins have them: the second of the clock at which it is over.
    private static DateTimeOffset? Reset(HttpResponseHeaders headers) =>
        headers.TryGetValues("anthropic-ratelimit-unified-reset", out var values)
        && long.TryParse(values.First(), CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and < 1L << 36 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}
