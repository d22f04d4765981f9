using Pilotlight.Claude.Turns;

namespace Pilotlight.Core.Access;

/// <summary>What is held of a key's budgets while a turn runs; it is also the turn's lease on one of the key's slots.</summary>
/// <param name="Id">The turn's id.</param>
/// <param name="KeyId">The key's public id.</param>
/// <param name="Limits">The key's limits.</param>
/// <param name="Epoch">The epoch of the server that runs the turn.</param>
/// <param name="Tokens">Tokens to hold.</param>
/// <param name="Usd">Dollars to hold.</param>
/// <param name="ExpiresAt">When it lapses unless it is renewed.</param>
public sealed record Reservation(string Id, string KeyId, KeyLimits Limits, long Epoch, long Tokens, decimal Usd, DateTimeOffset ExpiresAt);

/// <summary>What a turn really used.</summary>
/// <param name="Model">The model that answered.</param>
/// <param name="Usage">Its tokens.</param>
/// <param name="CostUsd">The CLI's estimate of its cost, or ours where it gave none; null when there is neither.</param>
public sealed record Bill(string Model, TurnUsage Usage, decimal? CostUsd);

/// <summary>What came of asking for a reservation.</summary>
public enum ReserveStatus
{
    /// <summary>It is held.</summary>
    Reserved,

    /// <summary>The key is revoked.</summary>
    Revoked,

    /// <summary>The key has begun its turns of this minute.</summary>
    TooManyRequests,

    /// <summary>The key's slots are taken.</summary>
    TooManyTurns,

    /// <summary>It does not fit in a budget.</summary>
    OverBudget,
}

/// <summary>A budget that a turn does not fit in.</summary>
/// <param name="Unit"><c>USD</c> or <c>tokens</c>.</param>
/// <param name="Window"><c>day</c> or <c>month</c>.</param>
/// <param name="Cap">The budget.</param>
/// <param name="Spent">What is used of it.</param>
/// <param name="Reserved">What is held for running turns.</param>
/// <param name="Asked">What was to be held.</param>
public sealed record ExceededBudget(string Unit, string Window, decimal Cap, decimal Spent, decimal Reserved, decimal Asked);

/// <summary>What came of asking for a reservation, and how many turns the key has begun in this minute.</summary>
public sealed record ReserveResult(ReserveStatus Status, int RequestsThisMinute = 0, ExceededBudget? Exceeded = null);

/// <summary>Where reservations are kept. Safe for concurrent use, also from several servers.</summary>
public interface IReservationStore
{
    /// <summary>Holds all of it or nothing.</summary>
    Task<ReserveResult> ReserveAsync(Reservation reservation, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Holds more of a key's budgets for a running turn, or gives some back; all windows together or none.</summary>
    Task<CallHoldResult> HoldAsync(string reservationId, KeyLimits limits, CallHold hold, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Notes what its turn has used so far: so much is booked should its server end before it does.</summary>
    Task NoteAsync(string reservationId, Bill used, CancellationToken cancellationToken);

    /// <summary>Books what was used, if anything, and lets the reservation go, in one transaction. Nothing happens when it is gone: then it was settled.</summary>
    Task SettleAsync(string reservationId, Bill? bill, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Books what was used after its turn was booked; counts no turn.</summary>
    Task BookLateAsync(string keyId, Bill bill, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>Books what was noted of a turn that does not run any more, and lets its reservation go; nothing happens when it is gone.</summary>
    Task SettleNotedAsync(string reservationId, DateTimeOffset at, CancellationToken cancellationToken);

    /// <summary>The reservations of an epoch's turns.</summary>
    Task<IReadOnlyList<string>> ListAsync(long epoch, CancellationToken cancellationToken);

    /// <summary>How many reservations a key holds.</summary>
    Task<int> CountAsync(string keyId, CancellationToken cancellationToken);
}
