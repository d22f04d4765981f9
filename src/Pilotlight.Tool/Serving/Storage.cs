using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Storage.PostgreSql;
using Pilotlight.Storage.Sqlite;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Serving;

/// <summary>Adds the storage that the settings name.</summary>
internal static class Storage
{
    public static IServiceCollection AddPilotlightStorage(this IServiceCollection services, IConfiguration configuration, string dataFolder)
    {
        var options = configuration.GetSection(StorageOptions.Section).Get<StorageOptions>() ?? new StorageOptions();
        return options.Provider switch
        {
            StorageProvider.PostgreSql => services.AddPilotlightPostgreSql(options.ConnectionString!),
            _ => services.AddPilotlightSqlite(options.ConnectionString ?? Path.Combine(dataFolder, "pilotlight.db")),
        };
    }
}
