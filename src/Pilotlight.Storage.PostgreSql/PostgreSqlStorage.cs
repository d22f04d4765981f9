using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pilotlight.Core.Storage;
using Pilotlight.Storage.Sql;

namespace Pilotlight.Storage.PostgreSql;

/// <summary>Adds the storage on PostgreSQL.</summary>
public static class PostgreSqlStorage
{
    /// <summary>Keeps everything in a PostgreSQL database, which must be there; its tables are made and migrated at the start.</summary>
    /// <param name="services">The services.</param>
    /// <param name="connectionString">An Npgsql connection string.</param>
    public static IServiceCollection AddPilotlightPostgreSql(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton(_ => CreateSource(connectionString));
        services.AddPooledDbContextFactory<PilotlightDbContext>((provider, options) => Configure(options, provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddSingleton<IStorageInitializer, PostgreSqlInitializer>();
        services.AddSingleton<Database, PostgreSqlDatabase>();
        services.AddSingleton<TextSearch, PostgreSqlTextSearch>();
        return services.AddStores(isSingleServer: false);
    }

    internal static void Configure(DbContextOptionsBuilder options, NpgsqlDataSource source) =>
        options.UseNpgsql(source, postgres => postgres.MigrationsAssembly(typeof(PostgreSqlStorage).Assembly.GetName().Name));

    private static NpgsqlDataSource CreateSource(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (settings.MaxAutoPrepare == 0)
        {
            settings.MaxAutoPrepare = 60;
            settings.AutoPrepareMinUsages = 2;
        }

        settings.ApplicationName ??= "pilotlight";
        return new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
    }
}

internal sealed class PostgreSqlInitializer(IDbContextFactory<PilotlightDbContext> contexts, NpgsqlDataSource source) : IStorageInitializer
{
    public async Task InitializeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            await Schema.UpdateAsync(
                context, $"The PostgreSQL database '{new NpgsqlConnectionStringBuilder(source.ConnectionString).Database}'", "name another database in Pilotlight:Storage:ConnectionString", cancellationToken);
        }
        catch (Exception fault) when (fault is NpgsqlException or SocketException or TimeoutException)
        {
            var settings = new NpgsqlConnectionStringBuilder(source.ConnectionString);
            throw new StorageUnavailableException(
                $"The PostgreSQL database '{settings.Database}' at {settings.Host}:{settings.Port} cannot be used: {fault.Message} "
                + "Correct Pilotlight:Storage:ConnectionString, or start the database.", fault);
        }
    }
}

/// <summary>For <c>dotnet ef</c>.</summary>
internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<PilotlightDbContext>
{
    public PilotlightDbContext CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<PilotlightDbContext>();
        PostgreSqlStorage.Configure(options, NpgsqlDataSource.Create("Host=localhost;Database=design-time"));
        return new PilotlightDbContext(options.Options);
    }
}
