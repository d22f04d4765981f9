using Pilotlight.Claude.Turns;

namespace Pilotlight.Core.Usage;

/// <summary>What to add up; null is all.</summary>
/// <param name="KeyId">Only of this key.</param>
/// <param name="Model">Only of this model.</param>
/// <param name="From">From this day of UTC.</param>
/// <param name="To">To this day of UTC, itself included.</param>
public sealed record UsageQuery(string? KeyId = null, string? Model = null, DateOnly? From = null, DateOnly? To = null);

/// <summary>What one key used of one model on one day.</summary>
/// <param name="Key">The key's public id; <c>local</c> without keys.</param>
/// <param name="KeyName">What its owner is called; null when that is not known.</param>
/// <param name="Model">The model that answered.</param>
/// <param name="Day">The day, of UTC.</param>
/// <param name="Turns">How many turns.</param>
/// <param name="Usage">Their tokens.</param>
/// <param name="CostUsd">The CLI's estimate of their cost.</param>
public sealed record UsageEntry(string Key, string? KeyName, string Model, DateOnly Day, long Turns, TurnUsage Usage, decimal CostUsd);

/// <summary>What was used. Safe for concurrent use.</summary>
public interface IUsageStore
{
    /// <summary>By key, model and day; the newest day first.</summary>
    Task<IReadOnlyList<UsageEntry>> ReadAsync(UsageQuery query, CancellationToken cancellationToken);
}
