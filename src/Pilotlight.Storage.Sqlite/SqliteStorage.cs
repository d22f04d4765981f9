using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Core.Storage;
using Pilotlight.Storage.Sql;

namespace Pilotlight.Storage.Sqlite;

/// <summary>Adds the storage on SQLite.</summary>
public static class SqliteStorage
{
    /// <summary>Keeps everything in one file, which is created when it is not there.</summary>
    /// <param name="services">The services.</param>
    /// <param name="file">The file's path.</param>
    public static IServiceCollection AddPilotlightSqlite(this IServiceCollection services, string file)
    {
        services.AddPooledDbContextFactory<PilotlightDbContext>(options => Configure(options, file));
        services.AddSingleton<IStorageInitializer>(provider =>
            new SqliteInitializer(provider.GetRequiredService<IDbContextFactory<PilotlightDbContext>>(), file));
        services.AddSingleton<Database>(provider => new SqliteDatabase(ConnectionString(file, isPooled: false), provider.GetRequiredService<WriteGate>()));
        services.AddSingleton<TextSearch, SqliteTextSearch>();
        return services.AddStores(isSingleServer: true);
    }

    internal static void Configure(DbContextOptionsBuilder options, string file)
    {
        options.AddInterceptors(NormalSynchronous.Instance);
        options.UseSqlite(ConnectionString(file, isPooled: true), sqlite => sqlite.MigrationsAssembly(typeof(SqliteStorage).Assembly.GetName().Name));
    }

    private static string ConnectionString(string file, bool isPooled) =>
        new SqliteConnectionStringBuilder { DataSource = file, ForeignKeys = true, Pooling = isPooled }.ToString();
}

internal sealed class SqliteInitializer(IDbContextFactory<PilotlightDbContext> contexts, string file) : IStorageInitializer
{
    public async Task InitializeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            await using var context = await contexts.CreateDbContextAsync(cancellationToken);

            await Schema.UpdateAsync(context, $"The data file '{file}'", "choose another folder with --data", cancellationToken);

            // Write-ahead logging lets readers go on beside the writer, and an acknowledged write outlive a kill of this process.
            await context.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL;", cancellationToken);
        }
        catch (Exception fault) when (fault is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException(
                $"The data file '{file}' cannot be opened or written: {fault.Message} Choose another folder with --data, or correct its permissions.", fault);
        }
    }
}

/// <summary>
/// With write-ahead logging, synchronous=NORMAL leaves a commit with the operating system, without a disk flush of its own:
/// it outlives this process's end, however violent, and not a power cut.
/// </summary>
internal sealed class NormalSynchronous : DbConnectionInterceptor
{
    public static NormalSynchronous Instance { get; } = new();

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Apply(connection);

    public static void Apply(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA synchronous = NORMAL;";
        command.ExecuteNonQuery();
    }

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        // SQLite's driver has no asynchronous work to do.
        ConnectionOpened(connection, eventData);
        return Task.CompletedTask;
    }
}

/// <summary>For <c>dotnet ef</c>.</summary>
internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<PilotlightDbContext>
{
    public PilotlightDbContext CreateDbContext(string[] args)
    {
        var options = new DbContextOptionsBuilder<PilotlightDbContext>();
        SqliteStorage.Configure(options, "design-time.db");
        return new PilotlightDbContext(options.Options);
    }
}
