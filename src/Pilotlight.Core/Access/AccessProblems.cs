using System.Globalization;
using Pilotlight.Core.Problems;

namespace Pilotlight.Core.Access;

/// <summary>Every reason to refuse a caller. None repeats what the caller sent as a key.</summary>
internal static class AccessProblems
{
    public static ProblemException KeyMissing() => new(new Problem(
        ProblemKinds.KeyMissing, "A key is needed",
        "Send a key as 'Authorization: Bearer pl_…' or 'x-api-key: pl_…'. 'pilotlight keys create' makes one."));

    public static ProblemException KeyWrong() => new(new Problem(
        ProblemKinds.KeyWrong, "The key opens nothing",
        "The key is unknown here, mistyped or revoked. 'pilotlight keys list' shows those there are."));

    public static ProblemException NoKeys(string why) => new(new Problem(
        ProblemKinds.KeysNeeded, "Keys are needed",
        $"This gateway has no keys and answers its own machine alone, and {why}. 'pilotlight keys create --admin NAME' makes the first key; send it with each request."));

    public static ProblemException KeyInQuery() => new(new Problem(
        ProblemKinds.KeyInQuery, "A key stands in the address",
        "Addresses are logged on the way, so this key should be revoked. Send keys in the Authorization or x-api-key header."));

    public static ProblemException AdminsOnly(Caller caller) => new(new Problem(
        ProblemKinds.AdminsOnly, "Only admins may do this",
        $"Key '{caller.Name}' is no admin's. Use one made with 'pilotlight keys create --admin'."));

    public static ProblemException ModelNotAllowed(Caller caller, string model, IReadOnlyList<string> allowed) =>
        NotAllowed(ProblemKinds.ModelNotAllowed, "model", caller, model, allowed);

    public static ProblemException ProfileNotAllowed(Caller caller, string profile, IReadOnlyList<string> allowed) =>
        NotAllowed(ProblemKinds.ProfileNotAllowed, "profile", caller, profile, allowed);

    public static ProblemException TooManyRequests(Caller caller, RateState rate) => new(new RateProblem(
        ProblemKinds.RateLimited, "Too many requests",
        $"Key '{caller.Name}' may begin {rate.Limit} turns a minute. The next minute begins in {rate.SecondsLeft} s.", rate)
    { RetryAfter = TimeSpan.FromSeconds(rate.SecondsLeft) });

    public static ProblemException TooManyTurns(Caller caller, int limit) => new(new Problem(
        ProblemKinds.TooManyTurnsOfKey, "Too many turns at a time",
        $"Key '{caller.Name}' may run {limit} turns at a time, and does. Wait for one to end, or cancel one.")
    { RetryAfter = TimeSpan.FromSeconds(1) });

    public static ProblemException OverBudget(Caller caller, ExceededBudget budget, int secondsLeft) => new(new Problem(
        ProblemKinds.BudgetExceeded, "The budget is used up",
        string.Create(CultureInfo.InvariantCulture, $"Key '{caller.Name}' may use {budget.Cap:0.######} {budget.Unit} a {budget.Window}; ")
        + string.Create(CultureInfo.InvariantCulture, $"{budget.Spent:0.######} are used and {budget.Reserved:0.######} are held for running turns, so this one, ")
        + string.Create(CultureInfo.InvariantCulture, $"for which {budget.Asked:0.######} are held, does not fit. A new {budget.Window} begins in {secondsLeft} s; an admin can give a key with more."))
    { RetryAfter = TimeSpan.FromSeconds(secondsLeft) });

    public static ProblemException Revoked(Caller caller) => new(new Problem(
        ProblemKinds.KeyWrong, "The key opens nothing", $"Key '{caller.Name}' was revoked."));

    private static ProblemException NotAllowed(string kind, string what, Caller caller, string value, IReadOnlyList<string> allowed) => new(new Problem(
        kind, $"The key may not use this {what}",
        $"Key '{caller.Name}' may not use the {what} '{value}'; it may use {string.Join(", ", allowed)}."));
}

/// <summary>A key has begun its turns of this minute.</summary>
/// <param name="Kind">A stable name for programs.</param>
/// <param name="Title">The same for people.</param>
/// <param name="Detail">The value at hand and the next step.</param>
/// <param name="Rate">How many it may begin, and when the next minute begins.</param>
public sealed record RateProblem(string Kind, string Title, string Detail, RateState Rate) : Problem(Kind, Title, Detail);
