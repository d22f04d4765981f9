namespace Pilotlight.Core.Access;

/// <summary>A key's budgets of one window as they stand.</summary>
/// <param name="Window"><c>day</c> or <c>month</c>.</param>
/// <param name="UsdCap">Its dollars; null for no limit.</param>
/// <param name="TokenCap">Its tokens; null for no limit.</param>
/// <param name="Spent">What is used of it.</param>
/// <param name="Reserved">What is held of it for running turns.</param>
public sealed record BudgetRoom(string Window, decimal? UsdCap, long? TokenCap, Amount Spent, Amount Reserved)
{
    // One call may hold all that it could come to use while there is room for so many.
    private const int ManyCalls = 8;

    private decimal LeftUsd => UsdCap is { } cap ? cap - Spent.Usd - Reserved.Usd : decimal.MaxValue;

    private long LeftTokens => TokenCap is { } cap ? cap - Spent.Tokens - Reserved.Tokens : long.MaxValue;

    /// <summary>What a turn that holds so much is to hold for a further call, or the budget that has no room for it.</summary>
    public static (Amount Granted, ExceededBudget? Exceeded) Grant(Amount held, CallHold hold, IReadOnlyList<BudgetRoom> rooms)
    {
        var (tokens, usd) = (rooms.Min(room => room.LeftTokens), rooms.Min(room => room.LeftUsd));
        var isAmple = hold.Wanted.Tokens - held.Tokens <= tokens / ManyCalls && hold.Wanted.Usd - held.Usd <= usd / ManyCalls;
        var wanted = isAmple ? hold.Wanted : hold.Usual;
        var granted = new Amount(
            held.Tokens + Math.Min(wanted.Tokens - held.Tokens, Math.Max(0, tokens)), held.Usd + Math.Min(wanted.Usd - held.Usd, Math.Max(0, usd)));
        return granted.Tokens < hold.Least.Tokens ? (held, rooms.MinBy(room => room.LeftTokens)!.TokensExceeded(hold.Least.Tokens - held.Tokens))
            : granted.Usd < hold.Least.Usd ? (held, rooms.MinBy(room => room.LeftUsd)!.UsdExceeded(hold.Least.Usd - held.Usd))
            : (granted, null);
    }

    private ExceededBudget TokensExceeded(long asked) => new("tokens", Window, TokenCap ?? 0, Spent.Tokens, Reserved.Tokens, asked);

    private ExceededBudget UsdExceeded(decimal asked) => new("USD", Window, UsdCap ?? 0, Spent.Usd, Reserved.Usd, asked);
}
