using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Core.Access;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Core.Usage;
using Pilotlight.Storage.Sqlite;

namespace Pilotlight.Storage.Tests;

public sealed class SqliteTests : StoreConformance
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pilotlight-sqlite-");

    protected override ValueTask AddStorageAsync(IServiceCollection services)
    {
        services.AddPilotlightSqlite(Path.Combine(_folder.FullName, "new", "folder", "test.db"));
        return ValueTask.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task What_was_written_moves_into_the_data_file_beside_the_writes()
    {
        var (file, copy) = (Path.Combine(_folder.FullName, "log.db"), Path.Combine(_folder.FullName, "copy.db"));
        var services = new ServiceCollection().AddPilotlightSqlite(file).BuildServiceProvider();
        await services.GetRequiredService<IStorageInitializer>().InitializeAsync(Token);
        for (var at = 0; at < 64; at++)
        {
            await services.GetRequiredService<ITurnStore>().OpenEpochAsync($"node{at}", Now, Token);
        }

        // Whoever closes a file last moves what is left: another has it open here.
        await using var other = new SqliteConnection($"Data Source={file};Pooling=false");
        await other.OpenAsync(Token);
        await using var held = other.CreateCommand();
        held.CommandText = "SELECT COUNT(*) FROM servers";
        await held.ExecuteScalarAsync(Token);
        await services.DisposeAsync();

        // Without the log beside it, a copy has only what was moved.
        File.Copy(file, copy);
        await using var moved = new SqliteConnection($"Data Source={copy};Pooling=false");
        await moved.OpenAsync(Token);
        await using var count = moved.CreateCommand();
        count.CommandText = """SELECT "Value" FROM epochs""";
        Assert.Equal(64L, await count.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_is_told_as_such_by_every_store()
    {
        await using var services = new ServiceCollection().AddPilotlightSqlite(_folder.FullName).BuildServiceProvider();
        var turns = services.GetRequiredService<ITurnStore>();
        Func<Task>[] asked =
        [
            () => services.GetRequiredService<IThreadStore>().FindAsync("a", Token),
            () => services.GetRequiredService<IThreadStore>().DeleteAsync("a", Token),
            () => services.GetRequiredService<IKeyStore>().ListAsync(Token),
            () => services.GetRequiredService<IUsageStore>().ReadAsync(new UsageQuery(null, null, null, null), Token),
            () => services.GetRequiredService<IReservationStore>().SettleAsync("r", null, Now, Token),
            () => turns.FindAsync("a", "t", Token),
            () => turns.TryStartAsync("t", 1, Now, Token),
        ];

        foreach (var ask in asked)
        {
            await Assert.ThrowsAsync<StorageUnavailableException>(ask);
        }
    }

    [Fact]
    public async Task A_file_that_is_no_database_any_more_is_told_as_such()
    {
        var file = Path.Combine(_folder.FullName, "broken");
        await File.WriteAllTextAsync(file, new string('x', 4096), Token);
        await using var services = new ServiceCollection().AddPilotlightSqlite(file).BuildServiceProvider();

        await Assert.ThrowsAsync<StorageUnavailableException>(() => services.GetRequiredService<ITurnStore>().TryStartAsync("t", 1, Now, Token));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => services.GetRequiredService<IThreadStore>().FindAsync("a", Token));
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_is_named_with_what_to_do()
    {
        var file = Path.Combine(_folder.FullName, "plain");
        await File.WriteAllTextAsync(file, "this is no database, and long enough to be taken for one at first sight", Token);
        await using var services = new ServiceCollection().AddPilotlightSqlite(file).BuildServiceProvider();

        var fault = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => services.GetRequiredService<IStorageInitializer>().InitializeAsync(Token));

        Assert.Contains(file, fault.Message, StringComparison.Ordinal);
        Assert.Contains("--data", fault.Message, StringComparison.Ordinal);
    }
}
