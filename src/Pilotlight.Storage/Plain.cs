namespace Pilotlight.Storage;

/// <summary>Text as every database takes it: PostgreSQL refuses the character NUL, and what is no UTF-16.</summary>
internal static class Plain
{
    private const char Replacement = '\uFFFD';

    public static string? Text(string? text)
    {
        if (text is null || (!text.Contains('\0', StringComparison.Ordinal) && IsWellFormed(text)))
        {
            return text;
        }

        return string.Create(text.Length, text, (target, source) =>
        {
            for (var at = 0; at < source.Length; at++)
            {
                var isPair = at + 1 < source.Length && char.IsSurrogatePair(source[at], source[at + 1]);
                target[at] = source[at] == '\0' || (char.IsSurrogate(source[at]) && !isPair) ? Replacement : source[at];
                if (isPair)
                {
                    target[at + 1] = source[++at];
                }
            }
        });
    }

    /// <summary>Text in which large and small letters are alike, of whatever script.</summary>
    public static string? Folded(string? text) => Text(text)?.ToUpperInvariant();

    private static bool IsWellFormed(string text)
    {
        for (var at = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); at >= 0 && at < text.Length; at++)
        {
            if (char.IsSurrogate(text[at]) && (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[++at])))
            {
                return false;
            }
        }

        return true;
    }
}
