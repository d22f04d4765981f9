using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Core.Access;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Core.Usage;
using Pilotlight.Storage.PostgreSql;
using Pilotlight.Testing;

[assembly: AssemblyFixture(typeof(Pilotlight.Storage.Tests.PostgreSqlFixture))]

namespace Pilotlight.Storage.Tests;

/// <summary>One PostgreSQL server for all tests; each makes a database of its own.</summary>
public sealed class PostgreSqlFixture : IAsyncLifetime
{
    public PostgreSqlCluster Cluster { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Cluster = await PostgreSqlCluster.StartAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}

public sealed class PostgreSqlTests(PostgreSqlFixture fixture) : StoreConformance
{
    protected override async ValueTask AddStorageAsync(IServiceCollection services) =>
        services.AddPilotlightPostgreSql(await fixture.Cluster.CreateDatabaseAsync(Token));

    [Fact]
    public async Task A_database_that_cannot_be_reached_is_named_with_what_to_do_and_without_its_password()
    {
        await using var services = new ServiceCollection()
            .AddPilotlightPostgreSql("Host=127.0.0.1;Port=1;Database=none;Username=someone;Password=hunter2;Timeout=5").BuildServiceProvider();

        var fault = await Assert.ThrowsAsync<StorageUnavailableException>(
            () => services.GetRequiredService<IStorageInitializer>().InitializeAsync(Token));

        Assert.Contains("'none' at 127.0.0.1:1", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Pilotlight:Storage:ConnectionString", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_gone_is_told_as_such_by_every_store()
    {
        await using var services = new ServiceCollection()
            .AddPilotlightPostgreSql("Host=127.0.0.1;Port=1;Database=none;Username=someone;Password=hunter2;Timeout=5").BuildServiceProvider();
        Func<Task>[] asked =
        [
            () => services.GetRequiredService<IThreadStore>().FindAsync("a", Token),
            () => services.GetRequiredService<IThreadStore>().DeleteAsync("a", Token),
            () => services.GetRequiredService<IKeyStore>().ListAsync(Token),
            () => services.GetRequiredService<IUsageStore>().ReadAsync(new UsageQuery(null, null, null, null), Token),
            () => services.GetRequiredService<ITurnStore>().FindAsync("a", "t", Token),
            () => services.GetRequiredService<ITurnStore>().TryStartAsync("t", 1, Now, Token),
        ];

        foreach (var ask in asked)
        {
            var fault = await Assert.ThrowsAsync<StorageUnavailableException>(ask);
            Assert.StartsWith("PostgreSQL at 127.0.0.1:1 does not answer", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_server_that_is_alive_keeps_its_turns_whoever_else_starts()
    {
        await ThreadAsync("a");
        var first = await OpenEpochAsync("one");
        await AcceptAsync(NewTurn("a", "t1", "x"), first);
        Assert.True(await Turns.TryStartAsync("t1", first, Now, Token));

        var second = await OpenEpochAsync("two");
        Assert.Empty(await Turns.TakeOverAsync(second, Now, Now, Token));
        Assert.Equal(TurnState.Started, (await Turns.FindAsync("a", "t1", Token))!.State);
        Assert.True(await Turns.AppendAsync("t1", first, [new(1, "text.delta", """{"text":"x"}""")], Token));

        // Its time runs out unrenewed: now it counts as dead, and what it says no more.
        await Turns.TakeOverAsync(second, Now.AddMinutes(2), Now.AddMinutes(2), Token);
        Assert.Equal(TurnState.Interrupted, (await Turns.FindAsync("a", "t1", Token))!.State);
        Assert.False(await Turns.AppendAsync("t1", first, [new(2, "text.delta", "{}")], Token));
        Assert.False(await Turns.RenewAsync(first, [], Now.AddMinutes(3), Token));
    }
}
