namespace Pilotlight.Client.Usage;

/// <summary>What usage to read; null is all. A key that is no admin's sees its own.</summary>
/// <param name="Key">The public id of a key.</param>
/// <param name="Model">A model.</param>
/// <param name="From">The first day, UTC.</param>
/// <param name="To">The last day, UTC.</param>
public sealed record UsageQuery(string? Key = null, string? Model = null, DateOnly? From = null, DateOnly? To = null);

/// <summary>What was used.</summary>
/// <param name="Items">By key, model and day.</param>
/// <param name="Total">All of it together.</param>
/// <param name="CostIsEstimate">Whether costs are estimates by list prices.</param>
public sealed record UsageReport(IReadOnlyList<UsageRow> Items, UsageTotal Total, bool CostIsEstimate);

/// <summary>What one key used of one model on one day.</summary>
public sealed record UsageRow(
    string Key, string? KeyName, string Model, DateOnly Day, long Turns, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens, decimal CostUsd);

/// <summary>What was used in all.</summary>
public sealed record UsageTotal(long Turns, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens, decimal CostUsd);
