using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Usage;

namespace Pilotlight.Storage;

internal sealed class EfUsageStore(Contexts contexts) : IUsageStore
{
    private const string Day = "yyyy-MM-dd";

    public Task<IReadOnlyList<UsageEntry>> ReadAsync(UsageQuery query, CancellationToken cancellationToken) => contexts.ReadAsync<IReadOnlyList<UsageEntry>>(
        async context =>
        {
            var rows = context.Usage.AsNoTracking();
            if (query.KeyId is { } key)
            {
                rows = rows.Where(row => row.KeyId == key);
            }

            if (query.Model is { } model)
            {
                rows = rows.Where(row => row.Model == model);
            }

            if (query.From?.ToString(Day, CultureInfo.InvariantCulture) is { } from)
            {
                rows = rows.Where(row => string.Compare(row.Day, from) >= 0);
            }

            if (query.To?.ToString(Day, CultureInfo.InvariantCulture) is { } to)
            {
                rows = rows.Where(row => string.Compare(row.Day, to) <= 0);
            }

            var found = await (
                from row in rows
                join named in context.Keys on row.KeyId equals named.Id into names
                from owner in names.DefaultIfEmpty()
                orderby row.Day descending, row.KeyId, row.Model
                select new { row, Name = owner == null ? null : owner.Name }).ToListAsync(cancellationToken);
            return [.. found.Select(item => new UsageEntry(
                item.row.KeyId,
                item.Name,
                item.row.Model,
                DateOnly.ParseExact(item.row.Day, Day, CultureInfo.InvariantCulture),
                item.row.Turns,
                new TurnUsage(item.row.InputTokens, item.row.OutputTokens, item.row.CacheReadTokens, item.row.CacheWriteTokens),
                Mapping.Usd(item.row.CostNanoUsd)))];
        },
        cancellationToken);
}
