using Microsoft.EntityFrameworkCore;
using Pilotlight.Core.Storage;

namespace Pilotlight.Storage;

/// <summary>Brings a database to the schema of this version.</summary>
internal static class Schema
{
    /// <summary>Applies what is missing; a database of a newer version is left as it is.</summary>
    /// <param name="context">The database.</param>
    /// <param name="name">What a person calls it.</param>
    /// <param name="otherwise">What a person can do who wants this version all the same.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StorageUnavailableException">A newer version has written it.</exception>
    public static async Task UpdateAsync(PilotlightDbContext context, string name, string otherwise, CancellationToken cancellationToken)
    {
        var known = context.Database.GetMigrations().ToHashSet(StringComparer.Ordinal);
        var applied = await context.Database.GetAppliedMigrationsAsync(cancellationToken);
        if (applied.FirstOrDefault(migration => !known.Contains(migration)) is { } newer)
        {
            throw new StorageUnavailableException(
                $"{name} was written by a newer version of Pilotlight, whose '{newer}' this one does not know. Nothing was changed. Start that version or a later one, or {otherwise}.");
        }

        await context.Database.MigrateAsync(cancellationToken);
        await FoldTitlesAsync(context, cancellationToken);
        await FoldTextsAsync(context, cancellationToken);
    }

    // Of an earlier version, which stored none; piece by piece, since there may be many.
    private static async Task FoldTextsAsync(PilotlightDbContext context, CancellationToken cancellationToken)
    {
        const int Piece = 500;
        for (var isMore = true; isMore;)
        {
            var messages = await context.Messages.AsNoTracking().Where(message => message.FoldedText == null).OrderBy(message => message.Sequence).Take(Piece)
                .Select(message => new { message.Sequence, message.Text }).ToListAsync(cancellationToken);
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            foreach (var message in messages)
            {
                var folded = Plain.Folded(message.Text);
                await context.Messages.Where(row => row.Sequence == message.Sequence).ExecuteUpdateAsync(set => set.SetProperty(row => row.FoldedText, folded), cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
            isMore = messages.Count == Piece;
        }
    }

    // Of an earlier version, which stored none.
    private static async Task FoldTitlesAsync(PilotlightDbContext context, CancellationToken cancellationToken)
    {
        var threads = await context.Threads.AsNoTracking().Where(thread => thread.Title != null && thread.FoldedTitle == null)
            .Select(thread => new { thread.Id, thread.Title }).ToListAsync(cancellationToken);
        foreach (var thread in threads)
        {
            var folded = Plain.Folded(thread.Title);
            await context.Threads.Where(row => row.Id == thread.Id && row.FoldedTitle == null)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.FoldedTitle, folded), cancellationToken);
        }
    }
}
