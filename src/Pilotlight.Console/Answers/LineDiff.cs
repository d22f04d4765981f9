namespace Pilotlight.WebConsole.Answers;

/// <summary>What becomes of a line.</summary>
public enum DiffKind
{
    /// <summary>It stays.</summary>
    Same,

    /// <summary>It goes.</summary>
    Removed,

    /// <summary>It comes.</summary>
    Added,
}

/// <summary>A line of a change.</summary>
public sealed record DiffLine(DiffKind Kind, string Text);

/// <summary>What a change does to the lines of a text.</summary>
internal static class LineDiff
{
    // Beyond it the middle is told as all gone and all new: finding what it has in common takes the product of both.
    private const int MostCompared = 400;

    /// <summary>The lines of both, each as it stays, goes or comes.</summary>
    public static IReadOnlyList<DiffLine> Of(string before, string after)
    {
        var (old, now) = (Lines(before), Lines(after));
        var start = 0;
        while (start < old.Length && start < now.Length && old[start] == now[start])
        {
            start++;
        }

        var end = 0;
        while (end < old.Length - start && end < now.Length - start && old[^(end + 1)] == now[^(end + 1)])
        {
            end++;
        }

        return
        [
            .. old[..start].Select(line => new DiffLine(DiffKind.Same, line)),
            .. Middle(old[start..^end], now[start..^end]),
            .. old[^end..].Select(line => new DiffLine(DiffKind.Same, line)),
        ];
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    private static IEnumerable<DiffLine> Middle(string[] old, string[] now)
    {
        if (old.Length > MostCompared || now.Length > MostCompared)
        {
            return old.Select(line => new DiffLine(DiffKind.Removed, line)).Concat(now.Select(line => new DiffLine(DiffKind.Added, line)));
        }

        // The longest common part, from the end.
        var common = new int[old.Length + 1, now.Length + 1];
        for (var i = old.Length - 1; i >= 0; i--)
        {
            for (var j = now.Length - 1; j >= 0; j--)
            {
                common[i, j] = old[i] == now[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        var lines = new List<DiffLine>();
        for (var (i, j) = (0, 0); i < old.Length || j < now.Length;)
        {
            if (i < old.Length && j < now.Length && old[i] == now[j])
            {
                lines.Add(new DiffLine(DiffKind.Same, old[i]));
                (i, j) = (i + 1, j + 1);
            }
            else if (i < old.Length && (j == now.Length || common[i + 1, j] >= common[i, j + 1]))
            {
                lines.Add(new DiffLine(DiffKind.Removed, old[i++]));
            }
            else
            {
                lines.Add(new DiffLine(DiffKind.Added, now[j++]));
            }
        }

        return lines;
    }
}
