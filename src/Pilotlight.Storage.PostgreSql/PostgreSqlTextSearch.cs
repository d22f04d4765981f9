using Microsoft.EntityFrameworkCore;

namespace Pilotlight.Storage.PostgreSql;

/// <summary>By LIKE on the folded text: through pg_trgm's index where the database has it, else through all messages.</summary>
internal sealed class PostgreSqlTextSearch : TextSearch
{
    protected override IQueryable<string> Find(PilotlightDbContext context, IReadOnlyList<string> words) =>
        Holding(context.Messages.AsNoTracking(), words).Select(message => message.ThreadId);
}
