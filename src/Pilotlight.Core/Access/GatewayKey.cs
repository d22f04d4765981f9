using System.Text.Json.Serialization;

namespace Pilotlight.Core.Access;

/// <summary>A key to this gateway, without the key itself, which nobody but its owner has.</summary>
/// <param name="Id">Its public id: the part of the key that may be shown.</param>
/// <param name="Name">What its owner is called.</param>
/// <param name="IsAdmin">Whether it may see everybody's threads and usage, and manage keys.</param>
/// <param name="Limits">What it may use.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="LastUsedAt">When it was last used, to about a minute; null for never.</param>
/// <param name="RevokedAt">Since when it opens nothing; null while it does.</param>
public sealed record GatewayKey(
    string Id, string Name, bool IsAdmin, KeyLimits Limits, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt = null, DateTimeOffset? RevokedAt = null);

/// <summary>What a key may use; null is without a limit. Days and months are those of UTC.</summary>
/// <param name="UsdPerDay">Dollars a day, by the CLI's estimates.</param>
/// <param name="UsdPerMonth">Dollars a month, by the CLI's estimates.</param>
/// <param name="TokensPerDay">Tokens a day, in and out, cached ones included.</param>
/// <param name="TokensPerMonth">Tokens a month, in and out, cached ones included.</param>
/// <param name="RequestsPerMinute">Turns begun in a minute of the clock.</param>
/// <param name="ConcurrentTurns">Turns at a time.</param>
/// <param name="Models">The models that may be asked for, by alias or name; null is all.</param>
/// <param name="Profiles">The profiles that may be asked for; null is all.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)] // One that is misspelled would be none.
public sealed record KeyLimits(
    decimal? UsdPerDay = null,
    decimal? UsdPerMonth = null,
    long? TokensPerDay = null,
    long? TokensPerMonth = null,
    int? RequestsPerMinute = null,
    int? ConcurrentTurns = null,
    IReadOnlyList<string>? Models = null,
    IReadOnlyList<string>? Profiles = null)
{
    /// <summary>No limit at all.</summary>
    public static KeyLimits None { get; } = new();

    /// <summary>What is wrong with them, a sentence for each; none when all is well.</summary>
    public IEnumerable<string> Faults()
    {
        if (UsdPerDay < 0 || UsdPerMonth < 0 || TokensPerDay < 0 || TokensPerMonth < 0)
        {
            yield return "A budget cannot be negative; leave it out for none.";
        }

        if (RequestsPerMinute < 1)
        {
            yield return $"requestsPerMinute is {RequestsPerMinute}; it must be at least 1, or be left out.";
        }

        if (ConcurrentTurns < 1)
        {
            yield return $"concurrentTurns is {ConcurrentTurns}; it must be at least 1, or be left out.";
        }

        if (Models is { Count: 0 } || Profiles is { Count: 0 })
        {
            yield return "An empty list of models or profiles allows nothing; leave it out for all.";
        }
    }
}
