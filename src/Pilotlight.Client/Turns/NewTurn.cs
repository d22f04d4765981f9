namespace Pilotlight.Client.Turns;

/// <summary>Something to say in a thread.</summary>
/// <param name="Text">What the user says.</param>
public sealed record NewTurn(string Text)
{
    /// <summary>
    /// Makes a repetition safe: the same key with the same text joins the first one's turn. Default: one of its own, so that a broken
    /// connection never asks twice; give one to be safe across a restart of your program too. At most 200 characters.
    /// </summary>
    public string? IdempotencyKey { get; init; }
}
