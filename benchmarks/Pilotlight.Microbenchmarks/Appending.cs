using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Storage.Sqlite;

namespace Pilotlight.Microbenchmarks;

/// <summary>Events of a running turn into SQLite: what stands between the model's word and the client.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class Appending
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pilotlight-micro-");
    private ServiceProvider _services = null!;
    private ITurnStore _turns = null!;
    private long _epoch;
    private long _lastId;

    [GlobalSetup]
    public async Task StartAsync()
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.ClearProviders());
        services.AddSingleton(TimeProvider.System);
        services.AddPilotlightSqlite(Path.Combine(_folder.FullName, "micro.db"));
        _services = services.BuildServiceProvider();
        _turns = _services.GetRequiredService<ITurnStore>();
        await _services.GetRequiredService<IStorageInitializer>().InitializeAsync(CancellationToken.None);
        _epoch = await _turns.OpenEpochAsync("micro", DateTimeOffset.UnixEpoch.AddHours(1), CancellationToken.None);
        await _services.GetRequiredService<IThreadStore>().CreateAsync(
            new ChatThread("thr_1", null, null, null, null, 0, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch), CancellationToken.None);
        await _turns.AcceptAsync(
            new NewTurnRequest(new Turn("trn_1", "thr_1", TurnState.Accepted, "hi", "msg_1", "msg_2", null), _epoch, StartsAtOnce: true),
            DateTimeOffset.UnixEpoch,
            CancellationToken.None);
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        await _services.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Benchmark(Description = "append of 1 event")]
    public Task<bool> One() => AppendAsync(1);

    [Benchmark(Description = "append of 8 events")]
    public Task<bool> Eight() => AppendAsync(8);

    private Task<bool> AppendAsync(int count)
    {
        var events = new StoredEvent[count];
        for (var i = 0; i < count; i++)
        {
            events[i] = new StoredEvent(++_lastId, "text.delta", """{"text":"and so the little lamp went on burning "}""");
        }

        return _turns.AppendAsync("trn_1", _epoch, events, CancellationToken.None);
    }
}
