using Microsoft.EntityFrameworkCore;

namespace Pilotlight.Storage;

/// <summary>Finds what was said, as a database does it: a substring in any script, large and small letters alike.</summary>
internal abstract class TextSearch
{
    /// <summary>What takes a letter's meaning away in a pattern.</summary>
    public const string Escape = "\\";

    /// <summary>Ids of the threads in which one message holds all words.</summary>
    public IQueryable<string> ThreadsThatSay(PilotlightDbContext context, string search) =>
        Find(context, Plain.Folded(search)!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>The pattern of what holds a text.</summary>
    public static string Pattern(string folded) => "%" + folded.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal)
        .Replace("_", "\\_", StringComparison.Ordinal) + "%";

    protected abstract IQueryable<string> Find(PilotlightDbContext context, IReadOnlyList<string> words);

    /// <summary>Messages that hold all words, looked through one by one unless the database has an index of its own for it.</summary>
    protected static IQueryable<MessageRow> Holding(IQueryable<MessageRow> messages, IEnumerable<string> words)
    {
        foreach (var pattern in words.Select(Pattern))
        {
            messages = messages.Where(message => EF.Functions.Like(message.FoldedText!, pattern, Escape));
        }

        return messages;
    }
}
