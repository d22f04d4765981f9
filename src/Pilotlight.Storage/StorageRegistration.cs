using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Gateway.Threads;
using Pilotlight.Gateway.Turns;

namespace Pilotlight.Storage;

/// <summary>What every database's registration shares.</summary>
internal static class StorageRegistration
{
    public static IServiceCollection AddStores(this IServiceCollection services, bool isSingleWriter)
    {
        services.AddSingleton(new WriteGate(isSingleWriter));
        services.AddSingleton<IThreadStore, EfThreadStore>();
        services.AddSingleton<ITurnStore, EfTurnStore>();
        return services;
    }
}
