using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Storage.Sqlite;

namespace Pilotlight.Storage.Tests;

/// <summary>A guard of the path that every word of an answer takes, by a measure that no clock disturbs.</summary>
public sealed class AllocationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pilotlight-sqlite-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task An_append_of_an_event_stays_within_its_allocations()
    {
        await using var services = new ServiceCollection().AddPilotlightSqlite(Path.Combine(_folder.FullName, "test.db")).BuildServiceProvider();
        await services.GetRequiredService<IStorageInitializer>().InitializeAsync(Token);
        await services.GetRequiredService<IThreadStore>().CreateAsync(
            new ChatThread("thread", null, null, null, null, 0, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch), Token);
        var turns = services.GetRequiredService<ITurnStore>();
        var epoch = await turns.OpenEpochAsync("test", DateTimeOffset.UnixEpoch.AddHours(1), Token);
        await turns.AcceptAsync(
            new NewTurnRequest(new Turn("turn", "thread", TurnState.Accepted, "hi", "m1", "m2", null), epoch, StartsAtOnce: true), DateTimeOffset.UnixEpoch, Token);

        // Measured: 2,000 bytes; with a database context for each it was 29,000.
        Assert.InRange(Append(turns, epoch), 1, 6_000);
    }

    // SQLite's driver answers at once, so all of it happens on this thread; were that to change, this would say so.
    private static long Append(ITurnStore turns, long epoch)
    {
        const int Practice = 20;
        const int Counted = 20;
        long before = 0;
        for (var id = 1; id <= Practice + Counted; id++)
        {
            if (id == Practice + 1)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            var appending = turns.AppendAsync("turn", epoch, [new StoredEvent(id, "text.delta", """{"text":"and so on "}""")], CancellationToken.None);
            Assert.True(appending.IsCompletedSuccessfully && appending.Result, "The append did not end at once.");
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / Counted;
    }
}
