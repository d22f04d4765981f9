using System.Reflection;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Pilotlight.Core.Access;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Storage.PostgreSql;
using Pilotlight.Storage.Sqlite;

namespace Pilotlight.Storage.Tests;

/// <summary>What the version before wrote is read; what a newer one wrote is left alone.</summary>
/// <remarks>The files in <c>Upgrade/</c> were written by version 0.1.0 of the tool: a thread with an answered and a broken-off turn, and a key.</remarks>
public sealed class UpgradeTests(PostgreSqlFixture postgres) : IDisposable
{
    private const string Newer = "20991231000000_FromTheFuture";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pilotlight-upgrade-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_folder.FullName, "pilotlight.db");

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_file_of_the_version_before_is_read_with_all_that_is_in_it()
    {
        await CopyOldFileAsync();
        await using var services = Services(services => services.AddPilotlightSqlite(File));

        await ReadsAsync(services);
    }

    [Fact]
    public async Task A_database_of_the_version_before_is_read_with_all_that_is_in_it()
    {
        var connection = await RestoreOldDatabaseAsync();
        await using var services = Services(services => services.AddPilotlightPostgreSql(connection));

        await ReadsAsync(services);
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused_and_left_as_it_is()
    {
        await CopyOldFileAsync();
        await using (var connection = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            await connection.OpenAsync(Token);
            await using var command = connection.CreateCommand();
            command.CommandText = $"INSERT INTO \"__EFMigrationsHistory\" VALUES ('{Newer}', '99.0')";
            await command.ExecuteNonQueryAsync(Token);
        }

        var before = await System.IO.File.ReadAllBytesAsync(File, Token);
        await using var services = Services(services => services.AddPilotlightSqlite(File));

        var refused = await Assert.ThrowsAsync<StorageUnavailableException>(() => services.GetRequiredService<IStorageInitializer>().InitializeAsync(Token));

        Assert.Contains(File, refused.Message, StringComparison.Ordinal);
        Assert.Contains(Newer, refused.Message, StringComparison.Ordinal);
        Assert.Contains("--data", refused.Message, StringComparison.Ordinal);
        SqliteConnection.ClearAllPools();
        Assert.Equal(before, await System.IO.File.ReadAllBytesAsync(File, Token));
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused_by_its_name()
    {
        var connection = await RestoreOldDatabaseAsync();
        await ExecuteAsync(connection, $"INSERT INTO \"__EFMigrationsHistory\" VALUES ('{Newer}', '99.0')");
        await using var services = Services(services => services.AddPilotlightPostgreSql(connection));

        var refused = await Assert.ThrowsAsync<StorageUnavailableException>(() => services.GetRequiredService<IStorageInitializer>().InitializeAsync(Token));

        Assert.Contains($"'{new NpgsqlConnectionStringBuilder(connection).Database}'", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Newer, refused.Message, StringComparison.Ordinal);
    }

    private static async Task ReadsAsync(ServiceProvider services)
    {
        await services.GetRequiredService<IStorageInitializer>().InitializeAsync(Token);
        var threads = services.GetRequiredService<IThreadStore>();

        // Its server is dead: what it was in the middle of is broken off, with what it had said.
        var later = DateTimeOffset.UtcNow.AddHours(1);
        var epoch = await services.GetRequiredService<ITurnStore>().OpenEpochAsync("new", later.AddMinutes(1), Token);
        await services.GetRequiredService<ITurnStore>().TakeOverAsync(epoch, later, later, Token);
        var thread = Assert.Single((await threads.ListAsync(owner: null, search: null, cursor: null, 10, Token)).Items);
        var messages = (await threads.ListMessagesAsync(thread.Id, null, 10, Token)).Items;

        Assert.Equal(("From the version before", "Be brief."), (thread.Title, thread.SystemPrompt));
        Assert.Equal(["complete", "complete", "complete", "interrupted"], messages.Select(message => message.Status));
        Assert.Equal("the first question", messages[0].Text);
        Assert.Contains("You said: “the first question”", messages[1].Text, StringComparison.Ordinal);
        Assert.StartsWith("word1 word2", messages[3].Text, StringComparison.Ordinal);
        var key = Assert.Single(await services.GetRequiredService<IKeyStore>().ListAsync(Token)).Key;
        Assert.Equal(("ada", true, 5m), (key.Name, key.IsAdmin, key.Limits.UsdPerDay));
    }

    private static ServiceProvider Services(Func<IServiceCollection, IServiceCollection> add) =>
        add(new ServiceCollection().AddSingleton(TimeProvider.System)).BuildServiceProvider();

    private async Task CopyOldFileAsync()
    {
        await using var old = Old("0.1.0.db");
        await using var copy = System.IO.File.Create(File);
        await old.CopyToAsync(copy, Token);
    }

    private async Task<string> RestoreOldDatabaseAsync()
    {
        var connection = await postgres.Cluster.CreateDatabaseAsync(Token);
        using var reader = new StreamReader(Old("0.1.0.sql"));
        await ExecuteAsync(connection, await reader.ReadToEndAsync(Token));
        return connection;
    }

    private static async Task ExecuteAsync(string connection, string sql)
    {
        // The dump leaves its session without a search path, which no later user of the connection must meet.
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ConnectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }

    private static Stream Old(string name) => Assembly.GetExecutingAssembly().GetManifestResourceStream("Upgrade/" + name)
        ?? throw new InvalidOperationException($"Upgrade/{name} is not part of the tests.");
}
