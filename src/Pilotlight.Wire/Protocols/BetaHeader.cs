namespace Pilotlight.Wire.Protocols;

/// <summary>The <c>anthropic-beta</c> header among others.</summary>
internal static class BetaHeader
{
    private const string Name = "anthropic-beta";

    /// <summary>The headers with those betas alone that an upstream knows.</summary>
    public static IReadOnlyList<KeyValuePair<string, IEnumerable<string>>> Keep(
        IReadOnlyList<KeyValuePair<string, IEnumerable<string>>> headers, IReadOnlySet<string> known) =>
    [
        .. headers.Select(header => header.Key.Equals(Name, StringComparison.OrdinalIgnoreCase)
            ? new(header.Key, [string.Join(',', Split(header.Value).Where(known.Contains))])
            : header),
    ];

    /// <summary>The headers with further betas.</summary>
    public static List<KeyValuePair<string, IEnumerable<string>>> Add(
        List<KeyValuePair<string, IEnumerable<string>>> headers, IReadOnlyCollection<string> betas)
    {
        if (betas.Count == 0)
        {
            return headers;
        }

        var at = headers.FindIndex(header => header.Key.Equals(Name, StringComparison.OrdinalIgnoreCase));
        var there = at < 0 ? [] : Split(headers[at].Value);
        KeyValuePair<string, IEnumerable<string>> merged = new(Name, [string.Join(',', there.Union(betas, StringComparer.Ordinal))]);
        if (at < 0)
        {
            headers.Add(merged);
        }
        else
        {
            headers[at] = merged;
        }

        return headers;
    }

    public static IEnumerable<string> Split(IEnumerable<string> values) =>
        values.SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
