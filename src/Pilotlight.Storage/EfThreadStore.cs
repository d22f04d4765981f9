using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Storage;

internal sealed class EfThreadStore(Contexts contexts, TextSearch texts) : IThreadStore
{
    public Task CreateAsync(ChatThread thread, CancellationToken cancellationToken) => contexts.WriteAsync(
        async context =>
        {
            context.Threads.Add(new ThreadRow
            {
                Id = thread.Id,
                Title = Plain.Text(thread.Title),
                FoldedTitle = Plain.Folded(thread.Title),
                Model = Plain.Text(thread.Model),
                SystemPrompt = Plain.Text(thread.SystemPrompt),
                Profile = Plain.Text(thread.Profile),
                Revision = thread.Revision,
                CreatedAt = thread.CreatedAt.UtcTicks,
                UpdatedAt = thread.UpdatedAt.UtcTicks,
                Owner = thread.Owner,
            });
            await context.SaveChangesAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public Task<ChatThread?> FindAsync(string threadId, CancellationToken cancellationToken) => contexts.ReadAsync(
        async context =>
        {
            var row = await context.Threads.AsNoTracking().SingleOrDefaultAsync(thread => thread.Id == threadId, cancellationToken);
            return row?.ToThread();
        },
        cancellationToken);

    public Task<Page<ChatThread>> ListAsync(string? owner, string? search, string? cursor, int limit, CancellationToken cancellationToken) => contexts.ReadAsync(
        async context =>
        {
            var rows = context.Threads.AsNoTracking();
            if (owner is not null)
            {
                rows = rows.Where(thread => thread.Owner == owner);
            }

            if (search is not null)
            {
                var (pattern, said) = (TextSearch.Pattern(Plain.Folded(search)!), texts.ThreadsThatSay(context, search));
                rows = rows.Where(thread => EF.Functions.Like(thread.FoldedTitle!, pattern, TextSearch.Escape) || said.Contains(thread.Id));
            }

            if (cursor is not null)
            {
                var (before, id) = ReadCursor(cursor);
                rows = rows.Where(thread => thread.UpdatedAt < before || (thread.UpdatedAt == before && string.Compare(thread.Id, id) < 0));
            }

            var found = await rows
                .OrderByDescending(thread => thread.UpdatedAt).ThenByDescending(thread => thread.Id)
                .Take(limit + 1).ToListAsync(cancellationToken);
            var next = found.Count > limit ? string.Create(CultureInfo.InvariantCulture, $"{found[limit - 1].UpdatedAt}.{found[limit - 1].Id}") : null;
            return new Page<ChatThread>([.. found.Take(limit).Select(row => row.ToThread())], next);
        },
        cancellationToken);

    public Task<ChatThread?> UpdateAsync(string threadId, ThreadChange change, DateTimeOffset at, CancellationToken cancellationToken) => contexts.WriteAsync(
        async context =>
        {
            // In one statement: what another has written meanwhile stays, and the version counts both.
            var (title, folded) = (Plain.Text(change.Title), Plain.Folded(change.Title));
            var (model, prompt, profile) = (Plain.Text(change.Model), Plain.Text(change.SystemPrompt), Plain.Text(change.Profile));
            await context.Threads.Where(thread => thread.Id == threadId).ExecuteUpdateAsync(
                set => set
                    .SetProperty(thread => thread.Title, thread => title ?? thread.Title)
                    .SetProperty(thread => thread.FoldedTitle, thread => folded ?? thread.FoldedTitle)
                    .SetProperty(thread => thread.Model, thread => model ?? thread.Model)
                    .SetProperty(thread => thread.SystemPrompt, thread => prompt ?? thread.SystemPrompt)
                    .SetProperty(thread => thread.Profile, thread => profile ?? thread.Profile)
                    .SetProperty(thread => thread.UpdatedAt, at.UtcTicks)
                    .SetProperty(thread => thread.Version, thread => thread.Version + 1),
                cancellationToken);
            var row = await context.Threads.AsNoTracking().SingleOrDefaultAsync(thread => thread.Id == threadId, cancellationToken);
            return row?.ToThread();
        },
        cancellationToken);

    public Task<bool> DeleteAsync(string threadId, CancellationToken cancellationToken) => contexts.WriteAsync(
        async context =>
        {
            return await context.Threads.Where(thread => thread.Id == threadId).ExecuteDeleteAsync(cancellationToken) > 0;
        },
        cancellationToken);

    public Task<bool> RemoveTurnAsync(string threadId, string turnId, CancellationToken cancellationToken) => contexts.WriteAsync(
        async context =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            await context.Events.Where(stored => context.Turns.Any(turn => turn.Id == stored.TurnId && turn.Id == turnId && turn.ThreadId == threadId
                && turn.State > (int)TurnState.Started)).ExecuteDeleteAsync(cancellationToken);
            var removed = await context.Turns.Where(turn => turn.Id == turnId && turn.ThreadId == threadId && turn.State > (int)TurnState.Started)
                .ExecuteDeleteAsync(cancellationToken);
            if (removed == 0)
            {
                return false;
            }

            await context.Messages.Where(message => message.TurnId == turnId && message.ThreadId == threadId).ExecuteDeleteAsync(cancellationToken);
            await context.Threads.Where(thread => thread.Id == threadId)
                .ExecuteUpdateAsync(
                set => set.SetProperty(thread => thread.Revision, thread => thread.Revision + 1).SetProperty(thread => thread.Version, thread => thread.Version + 1),
                cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public async Task<Page<StoredMessage>> ListMessagesAsync(string threadId, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var after = 0L;
        if (cursor is not null && !long.TryParse(cursor, CultureInfo.InvariantCulture, out after))
        {
            throw BadCursor(cursor);
        }

        return await contexts.ReadAsync(
            async context =>
            {
                var found = await context.Messages.AsNoTracking()
                    .Where(message => message.ThreadId == threadId && message.Sequence > after)
                    .OrderBy(message => message.Sequence).Take(limit + 1).ToListAsync(cancellationToken);
                var next = found.Count > limit ? found[limit - 1].Sequence.ToString(CultureInfo.InvariantCulture) : null;
                return new Page<StoredMessage>([.. found.Take(limit).Select(row => row.ToMessage())], next);
            },
            cancellationToken);
    }

    public Task<StoredMessage?> FindMessageAsync(string? threadId, string messageId, CancellationToken cancellationToken) => contexts.ReadAsync(
        async context =>
        {
            var row = await context.Messages.AsNoTracking().SingleOrDefaultAsync(message => message.Id == messageId && (threadId == null || message.ThreadId == threadId), cancellationToken);
            return row?.ToMessage();
        },
        cancellationToken);

    public Task<StoredMessage?> FindAttachedAsync(string threadId, string attachmentId, CancellationToken cancellationToken) => contexts.ReadAsync(
        async context =>
        {
            var rows = await context.Messages.AsNoTracking().Where(message => message.ThreadId == threadId && message.Attachments != null).ToListAsync(cancellationToken);
            return rows.Select(row => row.ToMessage()).FirstOrDefault(message => message.Attachments!.Any(attachment => attachment.Id == attachmentId));
        },
        cancellationToken);

    public Task<IReadOnlyList<StoredMessage>> ReadHistoryAsync(string threadId, CancellationToken cancellationToken) => contexts.ReadAsync<IReadOnlyList<StoredMessage>>(
        async context =>
        {
            var rows = await (
                from message in context.Messages.AsNoTracking()
                join turn in context.Turns on message.TurnId equals turn.Id
                where message.ThreadId == threadId
                    && turn.State > (int)TurnState.Started
                    && context.Messages.Any(answer => answer.Id == turn.AnswerMessageId)
                orderby message.Sequence
                select new { message, Prompt = message.Id == turn.UserMessageId ? turn.Prompt : null }).ToListAsync(cancellationToken);
            return [.. rows.Select(row => row.message.ToMessage() with { Prompt = row.Prompt })];
        },
        cancellationToken);

    private static (long Before, string Id) ReadCursor(string cursor) =>
        cursor.Split('.', 2) is [var ticks, var id] && long.TryParse(ticks, CultureInfo.InvariantCulture, out var before)
            ? (before, id)
            : throw BadCursor(cursor);

    private static ProblemException BadCursor(string cursor) => RequestProblems.Parameter(
        "cursor", $"cursor is '{cursor}'; pass the nextCursor of the page before as it came.");
}
