using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Core.Access;
using Pilotlight.Core.Storage;
using Pilotlight.Storage.PostgreSql;
using Pilotlight.Storage.Sqlite;
using Pilotlight.Testing;

namespace Pilotlight.Gateway.Benchmarks;

/// <summary>Many reservations at once against a budget that holds half of them.</summary>
internal static class Reservations
{
    private const decimal Each = 0.01m;

    public static async Task<int> RunAsync(int count)
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-reservations-");
        await using var cluster = await PostgreSqlCluster.StartAsync(CancellationToken.None, flushes: true);
        var postgres = await cluster.CreateDatabaseAsync(CancellationToken.None);
        var isSound = await MeasureAsync("SQLite", count, services => services.AddPilotlightSqlite(Path.Combine(folder.FullName, "reservations.db")))
            & await MeasureAsync("PostgreSQL", count, services => services.AddPilotlightPostgreSql(postgres));
        folder.Delete(recursive: true);
        return isSound ? 0 : 1;
    }

    private static async Task<bool> MeasureAsync(string name, int count, Action<IServiceCollection> addStorage)
    {
        var services = new ServiceCollection();
        addStorage(services);
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<IStorageInitializer>().InitializeAsync(CancellationToken.None);
        var now = DateTimeOffset.UtcNow;
        var fits = count / 2;
        var limits = new KeyLimits(UsdPerDay: fits * Each);
        await provider.GetRequiredService<IKeyStore>().CreateAsync(
            new StoredKey(new GatewayKey("key", "benchmark", false, limits, now), new byte[32], new byte[32]), CancellationToken.None);
        var store = provider.GetRequiredService<IReservationStore>();
        var startedAt = Stopwatch.GetTimestamp();
        var results = await Task.WhenAll(Enumerable.Range(0, count).Select(number => Task.Run(() => store.ReserveAsync(
            new Reservation($"r{number}", "key", limits, 1, 1, Each, now.AddMinutes(10)), now, CancellationToken.None))));
        var took = Stopwatch.GetElapsedTime(startedAt);
        var admitted = results.Count(result => result.Status == ReserveStatus.Reserved);
        Console.WriteLine($"{name}: {count} at once against a budget for {fits}: {admitted} admitted, overshoot {Math.Max(0, admitted - fits)}, {took.TotalMilliseconds:0} ms together");
        return admitted == fits;
    }
}
