using System.Globalization;
using Pilotlight.Core.Access;

namespace Pilotlight.Storage.Sql;

/// <summary>Reservations and bookings inside a transaction. Sums are checked by the statement that changes them, so that none can be overdrawn.</summary>
internal static class Ledger
{
    private const long NoCap = long.MaxValue;

    /// <summary>Holds all of it; when a limit forbids that, the caller abandons the transaction.</summary>
    public static async ValueTask<ReserveResult> ReserveAsync(Session session, Reservation wanted, DateTimeOffset at, CancellationToken cancellationToken)
    {
        // The key's row first, always: where there are row locks it makes the key's reservations wait for each other.
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

        await ReleaseAsync(session, await TakeExpiredAsync(session, wanted.KeyId, at, cancellationToken), cancellationToken);
        if (wanted.Limits.ConcurrentTurns is { } slots
            && await session.NumberAsync("""SELECT COUNT(*) FROM leases WHERE "KeyId" = @key""", cancellationToken, ("key", wanted.KeyId)) >= slots)
        {
            return new ReserveResult(ReserveStatus.TooManyTurns, (int)begun);
        }

        var lease = new LeaseRow
        {
            Id = wanted.Id,
            KeyId = wanted.KeyId,
            Epoch = wanted.Epoch,
            ExpiresAt = wanted.ExpiresAt.UtcTicks,
            Day = Day(at),
            Month = Month(at),
            NanoUsd = Mapping.Nano(wanted.Usd) ?? 0,
            Tokens = wanted.Tokens,
        };
        var exceeded = await HoldAsync(session, lease, lease.Day, "day", wanted.Limits.UsdPerDay, wanted.Limits.TokensPerDay, cancellationToken)
            ?? await HoldAsync(session, lease, lease.Month, "month", wanted.Limits.UsdPerMonth, wanted.Limits.TokensPerMonth, cancellationToken);
        if (exceeded is not null)
        {
            return new ReserveResult(ReserveStatus.OverBudget, (int)begun, exceeded);
        }

        await session.ExecuteAsync(
            """
            INSERT INTO leases ("Id", "KeyId", "Epoch", "ExpiresAt", "Day", "Month", "NanoUsd", "Tokens")
            VALUES (@id, @key, @epoch, @expires, @day, @month, @usd, @tokens)
            """,
            cancellationToken, ("id", lease.Id), ("key", lease.KeyId), ("epoch", lease.Epoch), ("expires", lease.ExpiresAt),
            ("day", lease.Day), ("month", lease.Month), ("usd", lease.NanoUsd), ("tokens", lease.Tokens));
        return new ReserveResult(ReserveStatus.Reserved, (int)begun);
    }

    /// <summary>Books what a turn used, if anything, and lets its reservation go.</summary>
    public static async ValueTask SettleAsync(Session session, string leaseId, string keyId, Bill? bill, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var lease = keyId == Caller.Local.KeyId ? null : await TakeAsync(session, leaseId, cancellationToken);
        if (lease is not null)
        {
            await ReleaseAsync(session, [lease], cancellationToken);
        }

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
            VALUES (@key, @day, @model, 1, @input, @output, @read, @write, @cost)
            ON CONFLICT ("KeyId", "Day", "Model") DO UPDATE SET
                "Turns" = usage."Turns" + 1,
                "InputTokens" = usage."InputTokens" + excluded."InputTokens",
                "OutputTokens" = usage."OutputTokens" + excluded."OutputTokens",
                "CacheReadTokens" = usage."CacheReadTokens" + excluded."CacheReadTokens",
                "CacheWriteTokens" = usage."CacheWriteTokens" + excluded."CacheWriteTokens",
                "CostNanoUsd" = usage."CostNanoUsd" + excluded."CostNanoUsd"
            """,
            cancellationToken, ("key", keyId), ("day", day), ("model", bill.Model), ("input", usage.InputTokens), ("output", usage.OutputTokens),
            ("read", usage.CacheReadTokens), ("write", usage.CacheWriteTokens), ("cost", cost));
    }

    /// <summary>Lets a reservation go of which nothing was used; nothing happens when it is gone.</summary>
    public static async ValueTask ReleaseAsync(Session session, string leaseId, CancellationToken cancellationToken)
    {
        if (await TakeAsync(session, leaseId, cancellationToken) is { } lease)
        {
            await ReleaseAsync(session, [lease], cancellationToken);
        }
    }

    private static async ValueTask<ExceededBudget?> HoldAsync(
        Session session, LeaseRow lease, string period, string window, decimal? usdCap, long? tokenCap, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync(
            """
            INSERT INTO budgets ("KeyId", "Period", "SpentNanoUsd", "ReservedNanoUsd", "SpentTokens", "ReservedTokens")
            VALUES (@key, @period, 0, 0, 0, 0) ON CONFLICT ("KeyId", "Period") DO NOTHING
            """,
            cancellationToken, ("key", lease.KeyId), ("period", period));
        var held = await session.ExecuteAsync(
            """
            UPDATE budgets SET "ReservedNanoUsd" = "ReservedNanoUsd" + @usd, "ReservedTokens" = "ReservedTokens" + @tokens
            WHERE "KeyId" = @key AND "Period" = @period
                AND "SpentNanoUsd" + "ReservedNanoUsd" + @usd <= @usdCap AND "SpentTokens" + "ReservedTokens" + @tokens <= @tokenCap
            """,
            cancellationToken, ("usd", lease.NanoUsd), ("tokens", lease.Tokens), ("key", lease.KeyId), ("period", period),
            ("usdCap", Mapping.Nano(usdCap) ?? NoCap), ("tokenCap", tokenCap ?? NoCap));
        if (held > 0)
        {
            return null;
        }

        var row = await session.FirstAsync(
            """SELECT "SpentNanoUsd", "ReservedNanoUsd", "SpentTokens", "ReservedTokens" FROM budgets WHERE "KeyId" = @key AND "Period" = @period""",
            reader => new long[] { reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3) },
            cancellationToken, ("key", lease.KeyId), ("period", period)) ?? [0, 0, 0, 0];
        return usdCap is { } cap && row[0] + row[1] + lease.NanoUsd > Mapping.Nano(cap)
            ? new ExceededBudget("USD", window, cap, Mapping.Usd(row[0]), Mapping.Usd(row[1]), Mapping.Usd(lease.NanoUsd))
            : new ExceededBudget("tokens", window, tokenCap ?? 0, row[2], row[3], lease.Tokens);
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
        """DELETE FROM leases WHERE "Id" = @id RETURNING "Id", "KeyId", "Day", "Month", "NanoUsd", "Tokens" """, Read, cancellationToken, ("id", leaseId));

    private static ValueTask<List<LeaseRow>> TakeExpiredAsync(Session session, string keyId, DateTimeOffset at, CancellationToken cancellationToken) => session.QueryAsync(
        """DELETE FROM leases WHERE "KeyId" = @key AND "ExpiresAt" <= @now RETURNING "Id", "KeyId", "Day", "Month", "NanoUsd", "Tokens" """,
        Read, cancellationToken, ("key", keyId), ("now", at.UtcTicks));

    private static async ValueTask ReleaseAsync(Session session, List<LeaseRow> leases, CancellationToken cancellationToken)
    {
        foreach (var lease in leases)
        {
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
    }

    private static LeaseRow Read(System.Data.Common.DbDataReader reader) => new()
    {
        Id = reader.GetString(0),
        KeyId = reader.GetString(1),
        Day = reader.GetString(2),
        Month = reader.GetString(3),
        NanoUsd = reader.GetInt64(4),
        Tokens = reader.GetInt64(5),
    };

    private static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Month(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
