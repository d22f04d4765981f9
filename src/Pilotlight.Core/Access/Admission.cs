using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Access;

/// <summary>Holds callers to their keys' limits. What is counted is counted in the store, so that it holds for several servers.</summary>
internal sealed class Admission(
    IReservationStore reservations, ServerEpoch epoch, IOptions<LimitOptions> limits, IOptions<ClaudeOptions> claude, TimeProvider time) : IAdmission
{
    private readonly LimitOptions _limits = limits.Value;

    public async ValueTask<IAdmittedTurn> AdmitAsync(TurnToAdmit turn, CancellationToken cancellationToken)
    {
        var id = Ids.New("use");
        if (Prepare(turn, id) is not { } reservation)
        {
            return new Admitted(this, id, turn.Caller.KeyId, isHeld: false, null);
        }

        epoch.Hold(id);
        try
        {
            var result = await reservations.ReserveAsync(reservation, time.GetUtcNow(), cancellationToken);
            Check(turn.Caller, result);
            return new Admitted(this, id, turn.Caller.KeyId, isHeld: true, Rate(turn.Caller, result));
        }
        catch
        {
            epoch.LetGo(id);
            throw;
        }
    }

    /// <summary>What to hold for a turn; null when its caller has no key. Refuses models and profiles that are not theirs.</summary>
    public Reservation? Prepare(TurnToAdmit turn, string id)
    {
        var caller = turn.Caller;
        var model = turn.Model ?? claude.Value.Model;
        RequireAllowed(caller, model, turn.Profile);
        if (!caller.HasKey)
        {
            return null;
        }

        var (tokens, usd) = _limits.Hold(model, turn.InputTokens);
        return new Reservation(id, caller.KeyId, caller.Limits, epoch.Value, tokens, usd, time.GetUtcNow() + _limits.LeaseDuration);
    }

    public void RequireAllowed(Caller caller, string? model, string? profile)
    {
        model ??= claude.Value.Model;
        profile ??= ClaudeOptions.ChatProfile;
        if (!IsAmong(caller.Limits.Models, model))
        {
            throw AccessProblems.ModelNotAllowed(caller, model, caller.Limits.Models!);
        }

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

    public RateState? Rate(Caller caller, ReserveResult result) => caller.Limits.RequestsPerMinute is { } limit
        ? new RateState(limit, Math.Max(0, limit - result.RequestsThisMinute), 60 - time.GetUtcNow().Second)
        : null;

    private int SecondsLeft(string window)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var next = window == "day" ? now.Date.AddDays(1) : new DateTime(now.Year, now.Month, 1, 0, 0, 0, DateTimeKind.Utc).AddMonths(1);
        return (int)Math.Ceiling((next - now).TotalSeconds);
    }

    private static bool IsAmong(IReadOnlyList<string>? allowed, string value) =>
        allowed is null || allowed.Contains(value, StringComparer.OrdinalIgnoreCase);

    private sealed class Admitted(Admission admission, string id, string keyId, bool isHeld, RateState? rate) : IAdmittedTurn
    {
        private int _isOver;

        public RateState? Rate => rate;

        public async ValueTask SettleAsync(string model, TurnUsage usage, decimal? costUsd)
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0)
            {
                // Not the request's token: what was used is booked whoever has left.
                var bill = admission._limits.BillFor(model, usage, costUsd);
                await admission.EndAsync(id, store => store.SettleAsync(id, keyId, bill, admission.Now, CancellationToken.None));
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0 && isHeld)
            {
                await admission.EndAsync(id, store => store.ReleaseAsync(id, CancellationToken.None));
            }
        }
    }

    private DateTimeOffset Now => time.GetUtcNow();

    private async Task EndAsync(string id, Func<IReservationStore, Task> end)
    {
        try
        {
            await end(reservations);
        }
        finally
        {
            epoch.LetGo(id);
        }
    }
}
