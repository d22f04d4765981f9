using Pilotlight.Claude.Turns;

namespace Pilotlight.Gateway.Access;

/// <summary>Decides whether a turn may run, and books what it used.</summary>
public interface IAdmission
{
    /// <summary>Reserves what the turn may come to use.</summary>
    /// <exception cref="Http.ApiProblemException">A limit or a budget of the caller's forbids it; says which, and when to try again.</exception>
    ValueTask<IAdmittedTurn> AdmitAsync(TurnToAdmit turn, CancellationToken cancellationToken);
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
    /// <summary>Books what was used, by the model that really answered. Once.</summary>
    ValueTask SettleAsync(string model, TurnUsage usage, decimal? costUsd);
}

/// <summary>Lets everybody do everything: for a gateway without keys.</summary>
internal sealed class OpenAdmission : IAdmission
{
    public ValueTask<IAdmittedTurn> AdmitAsync(TurnToAdmit turn, CancellationToken cancellationToken) => new(Unlimited.Instance);

    private sealed class Unlimited : IAdmittedTurn
    {
        public static Unlimited Instance { get; } = new();

        public ValueTask SettleAsync(string model, TurnUsage usage, decimal? costUsd) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
