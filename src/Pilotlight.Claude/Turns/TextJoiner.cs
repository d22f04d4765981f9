using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Turns;

/// <summary>Joins what a model says in pieces that part a character in two. Plain state; one instance a kind of text.</summary>
internal sealed class TextJoiner
{
    private string _half = "";

    /// <summary>What can be told now; a first half waits for the second.</summary>
    public string Take(string piece)
    {
        var text = _half + piece;
        _half = text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text[^1..] : "";
        return LoneSurrogates.Repair(text[..^_half.Length]);
    }

    /// <summary>What is left when no more comes.</summary>
    public string Flush()
    {
        var left = LoneSurrogates.Repair(_half);
        _half = "";
        return left;
    }
}
