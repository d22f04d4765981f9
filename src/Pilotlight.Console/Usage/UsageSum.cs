using Pilotlight.Core.Usage;

namespace Pilotlight.WebConsole.Usage;

/// <summary>Usage added up.</summary>
public sealed record UsageSum(string Name, long Turns, long TokensIn, long TokensOut, decimal CostUsd)
{
    public long Tokens => TokensIn + TokensOut;

    public static UsageSum Of(string name, IEnumerable<UsageEntry> entries)
    {
        var sum = new UsageSum(name, 0, 0, 0, 0);
        foreach (var entry in entries)
        {
            sum = sum with
            {
                Turns = sum.Turns + entry.Turns,
                TokensIn = sum.TokensIn + entry.Usage.InputTokens + entry.Usage.CacheReadTokens + entry.Usage.CacheWriteTokens,
                TokensOut = sum.TokensOut + entry.Usage.OutputTokens,
                CostUsd = sum.CostUsd + entry.CostUsd,
            };
        }

        return sum;
    }

    /// <summary>One sum for each name, the dearest first.</summary>
    public static IReadOnlyList<UsageSum> By(IEnumerable<UsageEntry> entries, Func<UsageEntry, string> name) =>
        [.. entries.GroupBy(name).Select(group => Of(group.Key, group)).OrderByDescending(sum => sum.CostUsd).ThenByDescending(sum => sum.Tokens)];

    /// <summary>One sum for each day, also for those without use, the oldest first.</summary>
    public static IReadOnlyList<UsageSum> ByDay(IReadOnlyList<UsageEntry> entries, DateOnly from, DateOnly to)
    {
        var days = entries.ToLookup(entry => entry.Day);
        return [.. Enumerable.Range(0, to.DayNumber - from.DayNumber + 1).Select(from.AddDays).Select(day => Of(day.ToString("yyyy-MM-dd", null), days[day]))];
    }
}
