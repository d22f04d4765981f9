using Pilotlight.Core.Access;

namespace Pilotlight.Storage.Sql;

internal sealed class SqlReservationStore(Database database) : IReservationStore
{
    public async Task<ReserveResult> ReserveAsync(Reservation reservation, DateTimeOffset at, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async session =>
            {
                var result = await Ledger.ReserveAsync(session, reservation, at, cancellationToken);
                return result.Status == ReserveStatus.Reserved ? result : session.Abandon(result);
            },
            cancellationToken);

    public async Task SettleAsync(string reservationId, string keyId, Bill bill, DateTimeOffset at, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async session =>
            {
                await Ledger.SettleAsync(session, reservationId, keyId, bill, at, cancellationToken);
                return true;
            },
            cancellationToken);

    public async Task ReleaseAsync(string reservationId, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async session =>
            {
                await Ledger.ReleaseAsync(session, reservationId, cancellationToken);
                return true;
            },
            cancellationToken);

    public async Task<int> CountAsync(string keyId, CancellationToken cancellationToken) => (int)(await database.ReadAsync(
        session => session.NumberAsync("""SELECT COUNT(*) FROM leases WHERE "KeyId" = @key""", cancellationToken, ("key", keyId)), cancellationToken) ?? 0);
}
