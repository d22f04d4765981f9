using System.Collections.ObjectModel;
using System.Net.Http.Headers;

namespace Pilotlight.Wire.Upstreams;

/// <summary>What an answer tells of the account's limits.</summary>
internal static class LimitHeaders
{
    private const string Prefix = "anthropic-ratelimit-";

    /// <summary>The headers by their names, in small letters.</summary>
    public static IReadOnlyDictionary<string, string> Read(HttpResponseHeaders headers)
    {
        Dictionary<string, string>? limits = null;
        foreach (var (name, values) in headers.NonValidated)
        {
            if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            {
                (limits ??= new(StringComparer.Ordinal))[name.ToLowerInvariant()] = values.ToString();
            }
        }

        return limits ?? (IReadOnlyDictionary<string, string>)ReadOnlyDictionary<string, string>.Empty;
    }
}
