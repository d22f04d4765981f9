using Microsoft.EntityFrameworkCore;
using Pilotlight.Gateway.Access;

namespace Pilotlight.Storage;

internal sealed class EfKeyStore(IDbContextFactory<PilotlightDbContext> contexts, WriteGate gate) : IKeyStore
{
    public async Task CreateAsync(StoredKey key, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        using var pass = await gate.EnterAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        context.Keys.Add(key.ToRow());
        await context.SaveChangesAsync(cancellationToken);
        await ChangeVersionAsync(context, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<StoredKey>> ListAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.Keys.AsNoTracking().OrderBy(key => key.CreatedAt).ThenBy(key => key.Id).ToListAsync(cancellationToken);
        return [.. rows.Select(row => new StoredKey(row.ToKey(), row.Salt, row.Hash))];
    }

    public async Task<bool> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        using var pass = await gate.EnterAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var revoked = await context.Keys.Where(key => key.Id == id && key.RevokedAt == null)
            .ExecuteUpdateAsync(row => row.SetProperty(key => key.RevokedAt, at.UtcTicks), cancellationToken);
        if (revoked > 0)
        {
            await ChangeVersionAsync(context, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return revoked > 0;
    }

    public async Task<long> ReadVersionAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Epochs.Where(counter => counter.Id == EpochRow.KeyChanges).Select(counter => counter.Value).SingleOrDefaultAsync(cancellationToken);
    }

    public async Task TouchAsync(IReadOnlyDictionary<string, DateTimeOffset> lastUsed, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        using var pass = await gate.EnterAsync(cancellationToken);
        foreach (var (id, at) in lastUsed)
        {
            await context.Keys.Where(key => key.Id == id && (key.LastUsedAt == null || key.LastUsedAt < at.UtcTicks))
                .ExecuteUpdateAsync(row => row.SetProperty(key => key.LastUsedAt, at.UtcTicks), cancellationToken);
        }
    }

    private static Task<int> ChangeVersionAsync(PilotlightDbContext context, CancellationToken cancellationToken) => context.Database.ExecuteSqlAsync(
        $"""INSERT INTO epochs ("Id", "Value") VALUES ({EpochRow.KeyChanges}, 1) ON CONFLICT ("Id") DO UPDATE SET "Value" = epochs."Value" + 1""", cancellationToken);
}
