using Microsoft.EntityFrameworkCore;
using Pilotlight.Core.Storage;
using Pilotlight.Storage.Sql;

namespace Pilotlight.Storage;

/// <summary>Work with a context of its own. A store that cannot be used is told as such, whatever its driver calls it.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class Contexts(IDbContextFactory<PilotlightDbContext> contexts, WriteGate gate, Database database)
{
    /// <summary>Reads; rows that the work returns are nobody else's.</summary>
    /// <exception cref="StorageUnavailableException">The store cannot be used.</exception>
    public async Task<T> ReadAsync<T>(Func<PilotlightDbContext, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            return await work(context);
        }
        catch (Exception fault) when (database.Explain(fault) is { } unavailable)
        {
            throw unavailable;
        }
    }

    /// <summary>Writes, when it is this work's turn; a transaction is the work's own affair.</summary>
    /// <exception cref="StorageUnavailableException">The store cannot be used.</exception>
    public async Task<T> WriteAsync<T>(Func<PilotlightDbContext, Task<T>> work, CancellationToken cancellationToken)
    {
        using var pass = await gate.EnterAsync(cancellationToken);
        return await ReadAsync(work, cancellationToken);
    }
}
