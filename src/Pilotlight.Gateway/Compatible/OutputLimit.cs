namespace Pilotlight.Gateway.Compatible;

/// <summary>Cuts an answer at about the caller's limit, which the CLI cannot be told for one turn.</summary>
/// <remarks>Five characters count as a token, more than most text has, so that no answer within the limit is cut. One instance a turn.</remarks>
internal sealed class OutputLimit(int? maxTokens)
{
    private const int CharactersOfAToken = 5;

    private readonly long _max = maxTokens is { } tokens ? (long)tokens * CharactersOfAToken : long.MaxValue;
    private long _taken;

    /// <summary>Whether the limit was met: something did not pass.</summary>
    public bool IsMet { get; private set; }

    /// <summary>What of more text may pass.</summary>
    public string Take(string text)
    {
        var room = _max - _taken;
        if (text.Length > room)
        {
            IsMet = true;

            // Never half of a character that takes two.
            text = text[..(int)(room > 0 && char.IsHighSurrogate(text[(int)room - 1]) ? room - 1 : room)];
        }

        _taken += text.Length;
        return text;
    }

    /// <summary>What was let through is void.</summary>
    public void Reset() => (_taken, IsMet) = (0, false);
}
