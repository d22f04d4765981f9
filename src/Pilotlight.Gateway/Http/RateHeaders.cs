using System.Globalization;
using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Access;

namespace Pilotlight.Gateway.Http;

/// <summary>How many turns a key may still begin, as the headers that clients of such APIs look for.</summary>
internal static class RateHeaders
{
    public static void Write(IHeaderDictionary headers, RateState? rate)
    {
        if (rate is not null)
        {
            headers["x-ratelimit-limit-requests"] = rate.Limit.ToString(CultureInfo.InvariantCulture);
            headers["x-ratelimit-remaining-requests"] = rate.Remaining.ToString(CultureInfo.InvariantCulture);
            headers["x-ratelimit-reset-requests"] = string.Create(CultureInfo.InvariantCulture, $"{rate.SecondsLeft}s");
        }
    }
}
