using Pilotlight.Core.Access;

namespace Pilotlight.Storage.Sql;

internal sealed class SqlReservationStore(Database database) : IReservationStore
{
    public async Task<ReserveResult> ReserveAsync(Reservation reservation, DateTimeOffset at, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async session =>
            {
                var result = await Ledger.HoldAsync(session, reservation, at, cancellationToken);
                if (result.Status != ReserveStatus.Reserved)
                {
                    return session.Abandon(result);
                }

                await session.ExecuteAllAsync([Ledger.Lease(reservation, at)], cancellationToken);
                return result;
            },
            cancellationToken);

    public async Task<CallHoldResult> HoldAsync(
        string reservationId, KeyLimits limits, CallHold hold, DateTimeOffset at, CancellationToken cancellationToken) => await database.WriteAsync(
        session => Ledger.HoldAsync(session, reservationId, limits, hold, cancellationToken),
        cancellationToken);

    public async Task NoteAsync(string reservationId, Bill used, CancellationToken cancellationToken) =>
        await database.WriteAllAsync([Ledger.Note(reservationId, used)], cancellationToken);

    public async Task SettleAsync(string reservationId, Bill? bill, DateTimeOffset at, CancellationToken cancellationToken) => await database.WriteAsync(
        async session =>
        {
            await Ledger.SettleAsync(session, reservationId, bill, at, cancellationToken);
            return true;
        },
        cancellationToken);

    public async Task BookLateAsync(string keyId, Bill bill, DateTimeOffset at, CancellationToken cancellationToken) => await database.WriteAsync(
        async session =>
        {
            await Ledger.BookLateAsync(session, keyId, bill, at, cancellationToken);
            return true;
        },
        cancellationToken);

    public async Task SettleNotedAsync(string reservationId, DateTimeOffset at, CancellationToken cancellationToken) => await database.WriteAsync(
        async session =>
        {
            await Ledger.SettleNotedAsync(session, reservationId, at, cancellationToken);
            return true;
        },
        cancellationToken);

    public async Task<IReadOnlyList<string>> ListAsync(long epoch, CancellationToken cancellationToken) => await database.ReadAsync(
        session => session.QueryAsync("""SELECT "Id" FROM leases WHERE "Epoch" = @epoch""", reader => reader.GetString(0), cancellationToken, ("epoch", epoch)),
        cancellationToken);

    public async Task<int> CountAsync(string keyId, CancellationToken cancellationToken) => (int)(await database.ReadAsync(
        session => session.NumberAsync("""SELECT COUNT(*) FROM leases WHERE "KeyId" = @key""", cancellationToken, ("key", keyId)), cancellationToken) ?? 0);
}
