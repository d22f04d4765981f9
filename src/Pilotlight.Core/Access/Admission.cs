using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Servers;

namespace Pilotlight.Core.Access;

/// <summary>Holds callers to their keys' limits. What is counted is counted in the store, so that it holds for several servers.</summary>
internal sealed class Admission(ServerEpoch epoch, IOptions<LimitOptions> limits, IOptions<ClaudeOptions> claude, TimeProvider time)
{
    private readonly LimitOptions _limits = limits.Value;

    /// <summary>What to hold for a turn; without a key there is nothing to hold, and what it uses is noted all the same.</summary>
    /// <exception cref="ProblemException">The model or the profile is not for the caller's key.</exception>
    public Reservation Prepare(TurnToAdmit turn, string id)
    {
        var caller = turn.Caller;
        var model = turn.Model ?? claude.Value.Model;
        RequireAllowed(caller, model, turn.Profile);
        return Hold(id, caller.KeyId, caller.Limits, model, turn.InputTokens);
    }

    /// <summary>What to hold for a turn that was admitted before and gave back what it held: the budgets alone are asked again.</summary>
    public Reservation PrepareAgain(string id, string keyId, KeyLimits limits, string? model, long inputTokens) =>
        Hold(id, keyId, limits with { RequestsPerMinute = null, ConcurrentTurns = null }, model ?? claude.Value.Model, inputTokens);

    /// <summary>Refuses a model or a profile that is not for the caller's key; null stands for the default.</summary>
    /// <exception cref="ProblemException">It is not; says which are.</exception>
    public void RequireAllowed(Caller caller, string? model, string? profile)
    {
        model ??= claude.Value.Model;
        if (!IsAmong(caller.Limits.Models, model))
        {
            throw AccessProblems.ModelNotAllowed(caller, model, caller.Limits.Models!);
        }

        RequireProfile(caller, profile);
    }

    /// <summary>Refuses a profile that is not for the caller's key; null stands for plain chat.</summary>
    /// <exception cref="ProblemException">It is not; says which are.</exception>
    public static void RequireProfile(Caller caller, string? profile)
    {
        profile ??= ClaudeOptions.ChatProfile;
        if (!IsAmong(caller.Limits.Profiles, profile))
        {
            throw AccessProblems.ProfileNotAllowed(caller, profile, caller.Limits.Profiles!);
        }
    }

    /// <summary>Throws the problem that a refused reservation is.</summary>
    public void Check(Caller caller, ReserveResult result)
    {
        switch (result.Status)
        {
            case ReserveStatus.Revoked:
                throw AccessProblems.Revoked(caller);
            case ReserveStatus.TooManyRequests:
                throw AccessProblems.TooManyRequests(caller, Rate(caller, result)!);
            case ReserveStatus.TooManyTurns:
                throw AccessProblems.TooManyTurns(caller, caller.Limits.ConcurrentTurns!.Value);
            case ReserveStatus.OverBudget:
                throw AccessProblems.OverBudget(caller, result.Exceeded!, SecondsLeft(result.Exceeded!.Window));
        }
    }

    /// <summary>How many turns the caller's key may still begin in this minute; null where that is not limited.</summary>
    public RateState? Rate(Caller caller, ReserveResult result) => caller.Limits.RequestsPerMinute is { } limit
        ? new RateState(limit, Math.Max(0, limit - result.RequestsThisMinute), 60 - time.GetUtcNow().Second)
        : null;

    private Reservation Hold(string id, string keyId, KeyLimits limits, string model, long inputTokens)
    {
        var (tokens, usd) = keyId == Caller.Local.KeyId ? (0, 0) : _limits.Hold(model, inputTokens);
        return new Reservation(id, keyId, limits, epoch.Value, tokens, usd, time.GetUtcNow() + _limits.LeaseDuration);
    }

    private int SecondsLeft(string window)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var next = window == "day" ? now.Date.AddDays(1) : new DateTime(now.Year, now.Month, 1, 0, 0, 0, DateTimeKind.Utc).AddMonths(1);
        return (int)Math.Ceiling((next - now).TotalSeconds);
    }

    private static bool IsAmong(IReadOnlyList<string>? allowed, string value) =>
        allowed is null || allowed.Contains(value, StringComparer.OrdinalIgnoreCase);
}

/// <summary>A turn that somebody wants to run.</summary>
/// <param name="Caller">Who.</param>
/// <param name="Model">On which model, as asked for; null for the default.</param>
/// <param name="Profile">With which profile; null for the default.</param>
/// <param name="InputTokens">How many tokens it sends, as far as is known.</param>
internal sealed record TurnToAdmit(Caller Caller, string? Model, string? Profile, long InputTokens);
