using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Turns;

/// <summary>What a process has used up since its start: its own figures are running totals.</summary>
internal sealed record CliTotals(decimal? CostUsd, IReadOnlyDictionary<string, CliUsage> UsageByModel)
{
    public static CliTotals None { get; } = new(0m, new Dictionary<string, CliUsage>());

    /// <summary>The totals that a <c>result</c> tells; what it leaves out is as before.</summary>
    public CliTotals After(CliResult result) =>
        new(result.TotalCostUsd ?? CostUsd, result.UsageByModel.Count > 0 ? result.UsageByModel : UsageByModel);

    /// <summary>What was used, by model, since <paramref name="before"/>.</summary>
    public IReadOnlyDictionary<string, TurnUsage> Since(CliTotals before) => UsageByModel
        .Select(model => KeyValuePair.Create(model.Key, model.Value.ToTurn() - (before.UsageByModel.GetValueOrDefault(model.Key)?.ToTurn() ?? TurnUsage.None)))
        .Where(model => model.Value != TurnUsage.None)
        .ToDictionary(StringComparer.Ordinal);
}

internal static class CliUsageReading
{
    /// <summary>Counts as they are told to callers; one below 0 counts as none.</summary>
    public static TurnUsage ToTurn(this CliUsage usage) =>
        TurnUsage.Max(TurnUsage.None, new(usage.InputTokens, usage.OutputTokens, usage.CacheReadTokens, usage.CacheWriteTokens));
}
