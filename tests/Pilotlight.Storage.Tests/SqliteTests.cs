using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Core.Storage;
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
