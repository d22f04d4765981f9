using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Core.Access;
using Pilotlight.Core.Approvals;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Core.Usage;
using Pilotlight.Storage.Sql;

namespace Pilotlight.Storage;

/// <summary>What every database's registration shares.</summary>
internal static class StorageRegistration
{
    /// <param name="services">The services, with a <see cref="Database"/> among them.</param>
    /// <param name="isSingleServer">Whether the database is one server's alone, which then is also its only writer.</param>
    public static IServiceCollection AddStores(this IServiceCollection services, bool isSingleServer)
    {
        services.AddSingleton(new WriteGate(isSingleServer));
        services.AddSingleton<Contexts>();
        services.AddSingleton<IThreadStore, EfThreadStore>();
        services.AddSingleton<IKeyStore, EfKeyStore>();
        services.AddSingleton<IUsageStore, EfUsageStore>();
        services.AddSingleton<IReservationStore, SqlReservationStore>();
        services.AddSingleton<IApprovalStore, SqlApprovalStore>();
        services.AddSingleton<ITurnStore>(provider => new SqlTurnStore(provider.GetRequiredService<Database>(), isSingleServer));
        return services;
    }
}
