using Pilotlight.Core.Access;
using Pilotlight.Core.Usage;

namespace Pilotlight.WebConsole.Usage;

/// <summary>One budget of a key, and how much of it is used.</summary>
public sealed record Budget(string Name, decimal Spent, decimal Cap, bool IsMoney)
{
    /// <summary>From 0 to 1.</summary>
    public double Share => Cap <= 0 ? 1 : (double)Math.Min(1, Spent / Cap);

    /// <summary>The budgets that a key has.</summary>
    /// <param name="limits">The key's.</param>
    /// <param name="entries">What it used, of this month at least.</param>
    /// <param name="today">Today, of UTC.</param>
    public static IEnumerable<Budget> Of(KeyLimits limits, IReadOnlyList<UsageEntry> entries, DateOnly today)
    {
        var day = UsageSum.Of("", entries.Where(entry => entry.Day == today));
        var month = UsageSum.Of("", entries.Where(entry => entry.Day.Year == today.Year && entry.Day.Month == today.Month));
        return new[]
        {
            limits.UsdPerDay is { } usdDay ? new Budget("today", day.CostUsd, usdDay, true) : null,
            limits.UsdPerMonth is { } usdMonth ? new Budget("this month", month.CostUsd, usdMonth, true) : null,
            limits.TokensPerDay is { } tokensDay ? new Budget("today", day.Tokens, tokensDay, false) : null,
            limits.TokensPerMonth is { } tokensMonth ? new Budget("this month", month.Tokens, tokensMonth, false) : null,
        }.OfType<Budget>();
    }
}
