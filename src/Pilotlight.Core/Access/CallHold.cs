namespace Pilotlight.Core.Access;

/// <summary>What a turn is to hold of its key's budgets for a further call, all that it has used included.</summary>
/// <param name="Wanted">So much that the call cannot use more; held while there is room for many such.</param>
/// <param name="Usual">What a call usually uses; held where there is less room.</param>
/// <param name="Least">What it uses at least; with less it is not made.</param>
public sealed record CallHold(Amount Wanted, Amount Usual, Amount Least);

/// <summary>Tokens and dollars.</summary>
/// <param name="Tokens">Tokens, in and out.</param>
/// <param name="Usd">US dollars.</param>
public readonly record struct Amount(long Tokens, decimal Usd)
{
    /// <summary>Both together.</summary>
    public static Amount operator +(Amount one, Amount other) => new(one.Tokens + other.Tokens, one.Usd + other.Usd);
}

/// <summary>What came of it.</summary>
/// <param name="Held">What the turn holds now.</param>
/// <param name="Exceeded">The budget that has no room for the call; null when it may be made.</param>
public sealed record CallHoldResult(Amount Held, ExceededBudget? Exceeded);
