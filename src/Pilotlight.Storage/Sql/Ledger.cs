using System.Globalization;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;

namespace Pilotlight.Storage.Sql;

/// <summary>Reservations and bookings inside a transaction. Sums are checked by the statement that changes them, so that none can be overdrawn.</summary>
internal static class Ledger
{
    private const long NoCap = long.MaxValue;

    private const string LeaseColumns =
        """ "Id", "KeyId", "Day", "Month", "NanoUsd", "Tokens", "Model", "InputTokens", "OutputTokens", "CacheReadTokens", "CacheWriteTokens", "CostNanoUsd" """;

    /// <summary>Counts a turn and holds what it may use of its key's budgets; when a limit forbids that, the caller abandons the transaction, else it adds the <see cref="Lease"/>.</summary>
    public static async ValueTask<ReserveResult> HoldAsync(Session session, Reservation wanted, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (wanted.KeyId == Caller.Local.KeyId)
        {
            return new ReserveResult(ReserveStatus.Reserved, 0);
        }

        var counted = await CountAsync(session, wanted, at, cancellationToken);
        if (counted.Status != ReserveStatus.Reserved)
        {
            return counted;
        }

        var exceeded = await HoldAsync(session, wanted, Day(at), "day", wanted.Limits.UsdPerDay, wanted.Limits.TokensPerDay, cancellationToken)
            ?? await HoldAsync(session, wanted, Month(at), "month", wanted.Limits.UsdPerMonth, wanted.Limits.TokensPerMonth, cancellationToken);
        return exceeded is null ? counted : new ReserveResult(ReserveStatus.OverBudget, counted.RequestsThisMinute, exceeded);
    }

    /// <summary>What stores a reservation that is held: what it holds, and what its turn uses. Nothing happens where it is stored already.</summary>
    public static Statement Lease(Reservation held, DateTimeOffset at) => new(
        """
        INSERT INTO leases ("Id", "KeyId", "Epoch", "ExpiresAt", "Day", "Month", "NanoUsd", "Tokens",
            "InputTokens", "OutputTokens", "CacheReadTokens", "CacheWriteTokens", "CostNanoUsd")
        VALUES (@id, @key, @epoch, @expires, @day, @month, @usd, @tokens, 0, 0, 0, 0, 0)
        ON CONFLICT ("Id") DO NOTHING
        """,
        ("id", held.Id), ("key", held.KeyId), ("epoch", held.Epoch), ("expires", held.ExpiresAt.UtcTicks),
        ("day", Day(at)), ("month", Month(at)), ("usd", Mapping.Nano(held.Usd) ?? 0), ("tokens", held.Tokens));

    /// <summary>Has a running turn hold what a further call needs, if its key's budgets have room for it.</summary>
    public static async ValueTask<CallHoldResult> HoldAsync(
        Session session, string leaseId, KeyLimits limits, CallHold hold, CancellationToken cancellationToken)
    {
        // Changes nothing and locks the row, where there are row locks; so do the reads of the budgets.
        var lease = await session.FirstAsync(
            $"""UPDATE leases SET "Tokens" = "Tokens" WHERE "Id" = @id RETURNING {LeaseColumns}""", Read, cancellationToken, ("id", leaseId))
            ?? throw new InvalidOperationException($"Reservation '{leaseId}' is settled: its turn has ended.");
        var held = new Amount(lease.Tokens, Mapping.Usd(lease.NanoUsd));
        var day = await RoomAsync(session, lease, lease.Day, "day", limits.UsdPerDay, limits.TokensPerDay, cancellationToken);
        var month = await RoomAsync(session, lease, lease.Month, "month", limits.UsdPerMonth, limits.TokensPerMonth, cancellationToken);
        var (granted, exceeded) = BudgetRoom.Grant(held, hold, [day, month]);
        if (exceeded is not null)
        {
            return session.Abandon(new CallHoldResult(held, exceeded));
        }

        var nano = Mapping.Nano(granted.Usd) ?? 0;
        foreach (var period in new[] { lease.Day, lease.Month })
        {
            await session.ExecuteAsync(
                """
                UPDATE budgets SET "ReservedNanoUsd" = "ReservedNanoUsd" + @usd, "ReservedTokens" = "ReservedTokens" + @tokens
                WHERE "KeyId" = @key AND "Period" = @period
                """,
                cancellationToken, ("usd", nano - lease.NanoUsd), ("tokens", granted.Tokens - lease.Tokens), ("key", lease.KeyId), ("period", period));
        }

        await session.ExecuteAsync(
            """UPDATE leases SET "NanoUsd" = @usd, "Tokens" = @tokens WHERE "Id" = @id""",
            cancellationToken, ("usd", nano), ("tokens", granted.Tokens), ("id", leaseId));
        return new CallHoldResult(granted, null);
    }

    /// <summary>What notes how much a turn has used so far.</summary>
    public static Statement Note(string leaseId, Bill used) => new(
        """
        UPDATE leases SET "Model" = @model, "InputTokens" = @input, "OutputTokens" = @output, "CacheReadTokens" = @read, "CacheWriteTokens" = @write, "CostNanoUsd" = @cost
        WHERE "Id" = @id
        """,
        ("model", used.Model), ("input", used.Usage.InputTokens), ("output", used.Usage.OutputTokens), ("read", used.Usage.CacheReadTokens),
        ("write", used.Usage.CacheWriteTokens), ("cost", Mapping.Nano(used.CostUsd) ?? 0), ("id", leaseId));

    /// <summary>Books what a turn used, if anything, and lets its reservation go; nothing happens when that is gone, since it was settled then.</summary>
    public static async ValueTask SettleAsync(Session session, string leaseId, Bill? bill, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (await TakeAsync(session, leaseId, cancellationToken) is { } lease)
        {
            await ReleaseAsync(session, lease, cancellationToken);
            await BookAsync(session, lease.KeyId, lease, bill, at, cancellationToken);
        }
    }

    /// <summary>Books what the end of a stored turn says, which is told once, and lets its reservation go if it has one still.</summary>
    public static async ValueTask SettleEndAsync(
        Session session, string leaseId, string keyId, Bill? bill, DateTimeOffset at, CancellationToken cancellationToken, long turns = 1)
    {
        var lease = await TakeAsync(session, leaseId, cancellationToken);
        if (lease is not null)
        {
            await ReleaseAsync(session, lease, cancellationToken);
        }

        await BookAsync(session, keyId, lease, bill, at, cancellationToken, turns);
    }

    /// <summary>Books what was noted of a turn whose server ended before it did, and lets its reservation go; returns what that was.</summary>
    public static async ValueTask<Bill?> SettleNotedAsync(Session session, string leaseId, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (await TakeAsync(session, leaseId, cancellationToken) is not { } lease)
        {
            return null;
        }

        await ReleaseAsync(session, lease, cancellationToken);
        var noted = lease.Model is null ? null : new Bill(
            lease.Model, new TurnUsage(lease.InputTokens, lease.OutputTokens, lease.CacheReadTokens, lease.CacheWriteTokens), Mapping.Usd(lease.CostNanoUsd));
        await BookAsync(session, lease.KeyId, lease, noted, at, cancellationToken);
        return noted;
    }

    /// <summary>Books what was used when its turn was booked already.</summary>
    public static ValueTask BookLateAsync(Session session, string keyId, Bill bill, DateTimeOffset at, CancellationToken cancellationToken) =>
        BookAsync(session, keyId, null, bill, at, cancellationToken, turns: 0);

    // The key's row first, always: where there are row locks it makes the key's reservations wait for each other.
    private static async ValueTask<ReserveResult> CountAsync(Session session, Reservation wanted, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var minute = at.UtcTicks / TimeSpan.TicksPerMinute;
        var count = await session.NumberAsync(
            """
            UPDATE keys SET "RateCount" = CASE WHEN "RateMinute" = @minute THEN "RateCount" + 1 ELSE 1 END, "RateMinute" = @minute, "LastUsedAt" = @now
            WHERE "Id" = @key AND "RevokedAt" IS NULL RETURNING "RateCount"
            """,
            cancellationToken, ("minute", minute), ("now", at.UtcTicks), ("key", wanted.KeyId));
        if (count is not { } begun)
        {
            return new ReserveResult(ReserveStatus.Revoked);
        }

        if (begun > wanted.Limits.RequestsPerMinute)
        {
            return new ReserveResult(ReserveStatus.TooManyRequests, (int)begun);
        }

        await LapseAsync(session, wanted.KeyId, at, cancellationToken);
        if (wanted.Limits.ConcurrentTurns is { } slots
            && await session.NumberAsync(
                """SELECT COUNT(*) FROM leases WHERE "KeyId" = @key AND "ExpiresAt" > @now""", cancellationToken, ("key", wanted.KeyId), ("now", at.UtcTicks)) >= slots)
        {
            return new ReserveResult(ReserveStatus.TooManyTurns, (int)begun);
        }

        return new ReserveResult(ReserveStatus.Reserved, (int)begun);
    }

    private static async ValueTask BookAsync(Session session, string keyId, LeaseRow? lease, Bill? bill, DateTimeOffset at, CancellationToken cancellationToken, long turns = 1)
    {
        if (bill is null)
        {
            return;
        }

        var usage = bill.Usage;
        var cost = Mapping.Nano(bill.CostUsd) ?? 0;
        var day = lease?.Day ?? Day(at);
        if (keyId != Caller.Local.KeyId)
        {
            // On the day that it was held on: what a turn used past midnight belongs to the budget that let it run.
            var tokens = usage.InputTokens + usage.OutputTokens + usage.CacheReadTokens + usage.CacheWriteTokens;
            await SpendAsync(session, keyId, day, cost, tokens, cancellationToken);
            await SpendAsync(session, keyId, lease?.Month ?? Month(at), cost, tokens, cancellationToken);
        }

        await session.ExecuteAsync(
            """
            INSERT INTO usage ("KeyId", "Day", "Model", "Turns", "InputTokens", "OutputTokens", "CacheReadTokens", "CacheWriteTokens", "CostNanoUsd")
            VALUES (@key, @day, @model, @turns, @input, @output, @read, @write, @cost)
            ON CONFLICT ("KeyId", "Day", "Model") DO UPDATE SET
                "Turns" = usage."Turns" + excluded."Turns",
                "InputTokens" = usage."InputTokens" + excluded."InputTokens",
                "OutputTokens" = usage."OutputTokens" + excluded."OutputTokens",
                "CacheReadTokens" = usage."CacheReadTokens" + excluded."CacheReadTokens",
                "CacheWriteTokens" = usage."CacheWriteTokens" + excluded."CacheWriteTokens",
                "CostNanoUsd" = usage."CostNanoUsd" + excluded."CostNanoUsd"
            """,
            cancellationToken, ("key", keyId), ("day", day), ("model", bill.Model), ("turns", turns), ("input", usage.InputTokens),
            ("output", usage.OutputTokens), ("read", usage.CacheReadTokens), ("write", usage.CacheWriteTokens), ("cost", cost));
    }

    private static async ValueTask<ExceededBudget?> HoldAsync(
        Session session, Reservation wanted, string period, string window, decimal? usdCap, long? tokenCap, CancellationToken cancellationToken)
    {
        var usd = Mapping.Nano(wanted.Usd) ?? 0;
        await session.ExecuteAsync(
            """
            INSERT INTO budgets ("KeyId", "Period", "SpentNanoUsd", "ReservedNanoUsd", "SpentTokens", "ReservedTokens")
            VALUES (@key, @period, 0, 0, 0, 0) ON CONFLICT ("KeyId", "Period") DO NOTHING
            """,
            cancellationToken, ("key", wanted.KeyId), ("period", period));
        var held = await session.ExecuteAsync(
            """
            UPDATE budgets SET "ReservedNanoUsd" = "ReservedNanoUsd" + @usd, "ReservedTokens" = "ReservedTokens" + @tokens
            WHERE "KeyId" = @key AND "Period" = @period
                AND "SpentNanoUsd" + "ReservedNanoUsd" + @usd <= @usdCap AND "SpentTokens" + "ReservedTokens" + @tokens <= @tokenCap
            """,
            cancellationToken, ("usd", usd), ("tokens", wanted.Tokens), ("key", wanted.KeyId), ("period", period),
            ("usdCap", Mapping.Nano(usdCap) ?? NoCap), ("tokenCap", tokenCap ?? NoCap));
        if (held > 0)
        {
            return null;
        }

        var row = await session.FirstAsync(
            """SELECT "SpentNanoUsd", "ReservedNanoUsd", "SpentTokens", "ReservedTokens" FROM budgets WHERE "KeyId" = @key AND "Period" = @period""",
            reader => new long[] { reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3) },
            cancellationToken, ("key", wanted.KeyId), ("period", period)) ?? [0, 0, 0, 0];
        return usdCap is { } cap && row[0] + row[1] + usd > Mapping.Nano(cap)
            ? new ExceededBudget("USD", window, cap, Mapping.Usd(row[0]), Mapping.Usd(row[1]), Mapping.Usd(usd))
            : new ExceededBudget("tokens", window, tokenCap ?? 0, row[2], row[3], wanted.Tokens);
    }

    private static async ValueTask<BudgetRoom> RoomAsync(
        Session session, LeaseRow lease, string period, string window, decimal? usdCap, long? tokenCap, CancellationToken cancellationToken)
    {
        var row = await session.FirstAsync(
            """
            UPDATE budgets SET "SpentTokens" = "SpentTokens" WHERE "KeyId" = @key AND "Period" = @period
            RETURNING "SpentNanoUsd", "ReservedNanoUsd", "SpentTokens", "ReservedTokens"
            """,
            reader => new long[] { reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3) },
            cancellationToken, ("key", lease.KeyId), ("period", period)) ?? [0, 0, 0, 0];
        return new BudgetRoom(window, usdCap, tokenCap, new Amount(row[2], Mapping.Usd(row[0])), new Amount(row[3], Mapping.Usd(row[1])));
    }

    private static async ValueTask SpendAsync(Session session, string keyId, string period, long usd, long tokens, CancellationToken cancellationToken) =>
        await session.ExecuteAsync(
            """
            INSERT INTO budgets ("KeyId", "Period", "SpentNanoUsd", "ReservedNanoUsd", "SpentTokens", "ReservedTokens")
            VALUES (@key, @period, @usd, 0, @tokens, 0)
            ON CONFLICT ("KeyId", "Period") DO UPDATE SET
                "SpentNanoUsd" = budgets."SpentNanoUsd" + excluded."SpentNanoUsd", "SpentTokens" = budgets."SpentTokens" + excluded."SpentTokens"
            """,
            cancellationToken, ("key", keyId), ("period", period), ("usd", usd), ("tokens", tokens));

    private static ValueTask<LeaseRow?> TakeAsync(Session session, string leaseId, CancellationToken cancellationToken) => session.FirstAsync(
        $"""DELETE FROM leases WHERE "Id" = @id RETURNING {LeaseColumns}""", Read, cancellationToken, ("id", leaseId));

    // What they hold is given back; what their turns used is booked by their own end, or by who takes over from their server.
    private static async ValueTask LapseAsync(Session session, string keyId, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var lapsed = await session.QueryAsync(
            $"""SELECT {LeaseColumns} FROM leases WHERE "KeyId" = @key AND "ExpiresAt" <= @now AND ("NanoUsd" > 0 OR "Tokens" > 0)""",
            Read, cancellationToken, ("key", keyId), ("now", at.UtcTicks));
        foreach (var lease in lapsed)
        {
            await ReleaseAsync(session, lease, cancellationToken);
            await session.ExecuteAsync("""UPDATE leases SET "NanoUsd" = 0, "Tokens" = 0 WHERE "Id" = @id""", cancellationToken, ("id", lease.Id));
        }
    }

    private static async ValueTask ReleaseAsync(Session session, LeaseRow lease, CancellationToken cancellationToken)
    {
        if (lease.NanoUsd == 0 && lease.Tokens == 0)
        {
            return;
        }

        foreach (var period in new[] { lease.Day, lease.Month })
        {
            await session.ExecuteAsync(
                """
                UPDATE budgets SET "ReservedNanoUsd" = "ReservedNanoUsd" - @usd, "ReservedTokens" = "ReservedTokens" - @tokens
                WHERE "KeyId" = @key AND "Period" = @period
                """,
                cancellationToken, ("usd", lease.NanoUsd), ("tokens", lease.Tokens), ("key", lease.KeyId), ("period", period));
        }
    }

    private static LeaseRow Read(System.Data.Common.DbDataReader reader) => new()
    {
        Id = reader.GetString(0),
        KeyId = reader.GetString(1),
        Day = reader.GetString(2),
        Month = reader.GetString(3),
        NanoUsd = reader.GetInt64(4),
        Tokens = reader.GetInt64(5),
        Model = reader.IsDBNull(6) ? null : reader.GetString(6),
        InputTokens = reader.GetInt64(7),
        OutputTokens = reader.GetInt64(8),
        CacheReadTokens = reader.GetInt64(9),
        CacheWriteTokens = reader.GetInt64(10),
        CostNanoUsd = reader.GetInt64(11),
    };

    private static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Month(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
