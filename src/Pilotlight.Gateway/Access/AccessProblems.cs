using System.Globalization;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Access;

/// <summary>Every reason to refuse a caller. None repeats what the caller sent as a key.</summary>
internal static class AccessProblems
{
    private static readonly IReadOnlyDictionary<string, string> Challenge = new Dictionary<string, string> { ["WWW-Authenticate"] = "Bearer" };

    public static ApiProblemException KeyMissing() => new(
        401, "key-missing", "A key is needed", "Send a key as 'Authorization: Bearer pl_…' or 'x-api-key: pl_…'. 'pilotlight keys create' makes one.")
    { Headers = Challenge };

    public static ApiProblemException KeyWrong() => new(
        401, "key-wrong", "The key opens nothing", "The key is unknown here, mistyped or revoked. 'pilotlight keys list' shows those there are.")
    { Headers = Challenge };

    public static ApiProblemException NoKeys() => new(
        401, "keys-needed", "Keys are needed", "This gateway has no keys and answers its own machine alone. 'pilotlight keys create' makes the first.")
    { Headers = Challenge };

    public static ApiProblemException KeyInQuery() => new(
        400, "key-in-query", "A key stands in the address",
        "Addresses are logged on the way, so this key should be revoked. Send keys in the Authorization or x-api-key header.");

    public static ApiProblemException AdminsOnly(Caller caller) => new(
        403, "admins-only", "Only admins may do this", $"Key '{caller.Name}' is no admin's. Use one made with 'pilotlight keys create --admin'.");

    public static ApiProblemException NotAllowed(Caller caller, string kind, string value, IReadOnlyList<string> allowed) => new(
        403, kind + "-not-allowed", $"The key may not use this {kind}",
        $"Key '{caller.Name}' may not use the {kind} '{value}'; it may use {string.Join(", ", allowed)}.");

    public static ApiProblemException TooManyRequests(Caller caller, RateState rate) => new(
        429, "rate-limited", "Too many requests",
        $"Key '{caller.Name}' may begin {rate.Limit} turns a minute. The next minute begins in {rate.SecondsLeft} s.")
    { RetryAfterSeconds = rate.SecondsLeft, Headers = rate.Headers };

    public static ApiProblemException TooManyTurns(Caller caller, int limit) => new(
        429, "too-many-turns-of-key", "Too many turns at a time",
        $"Key '{caller.Name}' may run {limit} turns at a time, and does. Wait for one to end, or cancel one.")
    { RetryAfterSeconds = 1 };

    public static ApiProblemException OverBudget(Caller caller, ExceededBudget budget, int secondsLeft) => new(
        429, "budget-exceeded", "The budget is used up",
        string.Create(CultureInfo.InvariantCulture, $"Key '{caller.Name}' may use {budget.Cap:0.######} {budget.Unit} a {budget.Window}; ")
        + string.Create(CultureInfo.InvariantCulture, $"{budget.Spent:0.######} are used and {budget.Reserved:0.######} are held for running turns, so this one, ")
        + string.Create(CultureInfo.InvariantCulture, $"for which {budget.Asked:0.######} are held, does not fit. A new {budget.Window} begins in {secondsLeft} s; an admin can give a key with more."))
    { RetryAfterSeconds = secondsLeft };

    public static ApiProblemException Revoked(Caller caller) => new(
        401, "key-wrong", "The key opens nothing", $"Key '{caller.Name}' was revoked.")
    { Headers = Challenge };
}
