using Microsoft.EntityFrameworkCore;

namespace Pilotlight.Storage.Sqlite;

/// <summary>By FTS5's index of trigrams; words of one or two letters, of which it has none, by looking through what is left.</summary>
internal sealed class SqliteTextSearch : TextSearch
{
    private const int Trigram = 3;

    protected override IQueryable<string> Find(PilotlightDbContext context, IReadOnlyList<string> words)
    {
        string[] indexed = [.. words.Where(word => word.EnumerateRunes().Count() >= Trigram)];
        var messages = Holding(context.Messages.AsNoTracking(), words.Except(indexed));
        if (indexed.Length > 0)
        {
            var match = string.Join(" AND ", indexed.Select(word => $"\"{word.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));
            var found = context.Database.SqlQuery<long>($"SELECT rowid AS \"Value\" FROM message_search WHERE message_search MATCH {match}");
            messages = messages.Where(message => found.Contains(message.Sequence));
        }

        return messages.Select(message => message.ThreadId);
    }
}
