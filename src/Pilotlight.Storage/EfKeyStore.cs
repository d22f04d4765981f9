using Microsoft.EntityFrameworkCore;
using Pilotlight.Core.Access;

namespace Pilotlight.Storage;

internal sealed class EfKeyStore(Contexts contexts) : IKeyStore
{
    public Task CreateAsync(StoredKey key, CancellationToken cancellationToken) => contexts.WriteAsync(
        async context =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            context.Keys.Add(key.ToRow());
            await context.SaveChangesAsync(cancellationToken);
            await ChangeVersionAsync(context, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public Task<IReadOnlyList<StoredKey>> ListAsync(CancellationToken cancellationToken) => contexts.ReadAsync<IReadOnlyList<StoredKey>>(
        async context =>
        {
            var rows = await context.Keys.AsNoTracking().OrderBy(key => key.CreatedAt).ThenBy(key => key.Id).ToListAsync(cancellationToken);
            return [.. rows.Select(row => new StoredKey(row.ToKey(), row.Salt, row.Hash))];
        },
        cancellationToken);

    public Task<bool> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) => contexts.WriteAsync(
        async context =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            var revoked = await context.Keys.Where(key => key.Id == id && key.RevokedAt == null)
                .ExecuteUpdateAsync(row => row.SetProperty(key => key.RevokedAt, at.UtcTicks), cancellationToken);
            if (revoked > 0)
            {
                await ChangeVersionAsync(context, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
            return revoked > 0;
        },
        cancellationToken);

    public Task<long> ReadVersionAsync(CancellationToken cancellationToken) => contexts.ReadAsync(
        async context =>
        {
            return await context.Epochs.Where(counter => counter.Id == EpochRow.KeyChanges).Select(counter => counter.Value).SingleOrDefaultAsync(cancellationToken);
        },
        cancellationToken);

    public Task TouchAsync(IReadOnlyDictionary<string, DateTimeOffset> lastUsed, CancellationToken cancellationToken) => contexts.WriteAsync(
        async context =>
        {
            foreach (var (id, at) in lastUsed)
            {
                await context.Keys.Where(key => key.Id == id && (key.LastUsedAt == null || key.LastUsedAt < at.UtcTicks))
                    .ExecuteUpdateAsync(row => row.SetProperty(key => key.LastUsedAt, at.UtcTicks), cancellationToken);
            }
            return true;
        },
        cancellationToken);

    private static Task<int> ChangeVersionAsync(PilotlightDbContext context, CancellationToken cancellationToken) => context.Database.ExecuteSqlAsync(
        $"""INSERT INTO epochs ("Id", "Value") VALUES ({EpochRow.KeyChanges}, 1) ON CONFLICT ("Id") DO UPDATE SET "Value" = epochs."Value" + 1""", cancellationToken);
}
