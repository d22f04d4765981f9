using Pilotlight.Claude.Turns;
using Pilotlight.Core.Problems;

namespace Pilotlight.Core.Access;

/// <summary>Decides whether a turn may run, and books what it used.</summary>
public interface IAdmission
{
    /// <summary>Reserves what the turn may come to use, and one of the key's slots.</summary>
    /// <exception cref="ProblemException">A limit or a budget of the caller's forbids it; says which, and when to try again.</exception>
    ValueTask<IAdmittedTurn> AdmitAsync(TurnToAdmit turn, CancellationToken cancellationToken);

    /// <summary>Refuses a model or a profile that is not for the caller's key; null stands for the default.</summary>
    /// <exception cref="ProblemException">It is not; says which are.</exception>
    void RequireAllowed(Caller caller, string? model, string? profile);
}

/// <summary>A turn that somebody wants to run.</summary>
/// <param name="Caller">Who.</param>
/// <param name="Model">On which model, as asked for; null for the default.</param>
/// <param name="Profile">With which profile; null for the default.</param>
/// <param name="InputTokens">How many tokens it sends, as far as is known.</param>
public sealed record TurnToAdmit(Caller Caller, string? Model, string? Profile, long InputTokens);

/// <summary>A turn that may run; disposing gives back what was reserved and not used.</summary>
public interface IAdmittedTurn : IAsyncDisposable
{
    /// <summary>How many turns its key may still begin in this minute; null where that is not limited.</summary>
    RateState? Rate { get; }

    /// <summary>Books what was used, by the model that really answered. Once.</summary>
    ValueTask SettleAsync(string model, TurnUsage usage, decimal? costUsd);
}

/// <summary>How many turns a key may begin in a minute of the clock.</summary>
/// <param name="Limit">How many.</param>
/// <param name="Remaining">How many are left of them.</param>
/// <param name="SecondsLeft">When the next minute begins.</param>
public sealed record RateState(int Limit, int Remaining, int SecondsLeft);
