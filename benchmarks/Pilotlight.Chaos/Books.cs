using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Npgsql;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>Tokens, as the simulator told them or as the gateway booked them.</summary>
internal readonly record struct Tokens(long Input, long Output, long CacheRead, long CacheWrite)
{
    public bool IsNone => this == default;

    public static Tokens operator +(Tokens one, Tokens other) =>
        new(one.Input + other.Input, one.Output + other.Output, one.CacheRead + other.CacheRead, one.CacheWrite + other.CacheWrite);

    public static Tokens operator -(Tokens one, Tokens other) =>
        new(one.Input - other.Input, one.Output - other.Output, one.CacheRead - other.CacheRead, one.CacheWrite - other.CacheWrite);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Input}/{Output}/{CacheRead}/{CacheWrite}");
}

/// <summary>The gateway's books beside what the simulator told, and what is still open in its database.</summary>
internal sealed class Books(GatewayRig rig)
{
    private Tokens _seenTold;
    private Tokens _seenBooked;

    // What the API tells of a call whose caller has left comes a moment after the turn's end.
    private static readonly TimeSpan LatePatience = TimeSpan.FromSeconds(5);

    /// <summary>What was told and booked since the last look.</summary>
    public async Task<(Tokens Told, Tokens Booked)> NextAsync(GatewayProcess gateway)
    {
        var (told, booked) = await LookAsync(gateway);
        for (var waited = new TimeLimit(LatePatience); told != booked && !waited.IsOver; (told, booked) = await LookAsync(gateway))
        {
            await Task.Delay(50);
        }

        (_seenTold, _seenBooked) = (_seenTold + told, _seenBooked + booked);
        return (told, booked);
    }

    private async Task<(Tokens Told, Tokens Booked)> LookAsync(GatewayProcess gateway)
    {
        var told = rig.Simulator.Told.Aggregate(default(Tokens), (sum, one) =>
            sum + new Tokens(one.InputTokens, one.OutputTokens, one.CacheReadTokens, one.CacheWriteTokens));
        var total = (await gateway.GetAsync("/api/usage", CancellationToken.None)).GetProperty("total");
        var booked = new Tokens(Number("inputTokens"), Number("outputTokens"), Number("cacheReadTokens"), Number("cacheWriteTokens"));
        return (told - _seenTold, booked - _seenBooked);

        long Number(string name) => total.GetProperty(name).GetInt64();
    }

    /// <summary>Waits until nothing is reserved and no turn is stored as running; says what is left when that does not come.</summary>
    /// <returns>How long it took, reservations left, turns left.</returns>
    public async Task<(TimeSpan Took, long Leases, long Turns)> SettleAsync(TimeSpan patience)
    {
        var waited = new TimeLimit(patience);
        while (true)
        {
            var (leases, turns) = (await CountAsync("SELECT COUNT(*) FROM leases"), await CountAsync("SELECT COUNT(*) FROM turns WHERE \"State\" <= 1"));
            if (leases + turns == 0 || waited.IsOver)
            {
                return (waited.Elapsed, leases, turns);
            }

            await Task.Delay(50);
        }
    }

    private async Task<long> CountAsync(string sql)
    {
        try
        {
            await using var connection = rig.Connect();
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
        }
        catch (DbException fault) when (fault is SqliteException or NpgsqlException)
        {
            return long.MaxValue / 4; // Not back yet.
        }
    }
}
