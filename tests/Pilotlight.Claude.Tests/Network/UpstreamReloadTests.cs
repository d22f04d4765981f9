using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;
using Pilotlight.Wire;

namespace Pilotlight.Claude.Tests.Network;

/// <summary>Keys and upstreams change with the configuration, under processes that live and turns that run.</summary>
public sealed class UpstreamReloadTests : IAsyncLifetime
{
    private const string OldKey = "sk-ant-old-key";
    private const string NewKey = "sk-ant-new-key";

    private readonly IConfigurationRoot _configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
    private SimulatorServer _simulator = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _simulator = await SimulatorServer.StartAsync(cancellationToken: Token);

    public async ValueTask DisposeAsync() => await _simulator.DisposeAsync();

    [Fact]
    public async Task A_key_that_changes_under_load_fails_no_turn_and_restarts_no_process()
    {
        await using var host = await StartAsync();
        await host.WaitForWarmthAsync(Token);
        var before = await RoundAsync(host);
        var running = RoundAsync(host);
        while (_simulator.MessageRequests.Count < 6)
        {
            await Task.Delay(5, Token);
        }

        Change(NewKey);
        var during = await running;
        var after = await RoundAsync(host);

        Assert.All([.. before, .. during, .. after], end => Assert.IsType<TurnCompleted>(end));
        Assert.Equal(OldKey, _simulator.MessageRequests[0].Headers["x-api-key"]);
        Assert.Equal(NewKey, _simulator.MessageRequests[^1].Headers["x-api-key"]);
        Assert.Equal(4, host.Conversations.ListHot().Count);

        // The conversations went on on the processes that they had: each of its turns is a request with one more turn in it.
        Assert.Contains(_simulator.MessageRequests, request => request.Headers["x-api-key"] == NewKey && request.Messages.Count == 5);
    }

    [Fact]
    public async Task Wrong_upstreams_change_nothing_and_none_without_a_key_takes_the_place_of_one_that_has_one()
    {
        await using var host = await StartAsync();
        _configuration["Pilotlight:Wire:Upstreams:0:BaseUrl"] = "no address";
        Reload();
        Assert.All(await RoundAsync(host), end => Assert.IsType<TurnCompleted>(end));

        _configuration["Pilotlight:Wire:Upstreams:0:BaseUrl"] = Address(_simulator);
        _configuration["Pilotlight:Wire:Upstreams:0:ApiKey"] = "";
        _configuration.Reload();
        Assert.All(await RoundAsync(host), end => Assert.IsType<TurnCompleted>(end));
        Assert.All(_simulator.MessageRequests, request => Assert.Equal(OldKey, request.Headers["x-api-key"]));
    }

    private static async Task<TurnEvent[]> RoundAsync(ClaudeHost host) => await Task.WhenAll(Enumerable.Range(0, 4).Select(
        async at => (await host.RunAsync(new Conversation { Id = $"t{at}" }, "[[sim words=20 rate=100]]", Token))[^1]));

    private async Task<ClaudeHost> StartAsync()
    {
        _configuration["Pilotlight:Wire:Upstreams:0:BaseUrl"] = Address(_simulator);
        _configuration["Pilotlight:Wire:Upstreams:0:ApiKey"] = OldKey;
        return await ClaudeHost.StartAsync(pool: ClaudeHost.OneParked, services: services => services.Configure<WireOptions>(_configuration.GetSection(WireOptions.Section)));
    }

    private void Change(string key)
    {
        _configuration["Pilotlight:Wire:Upstreams:0:ApiKey"] = key;
        _configuration.Reload();
    }

    // What was wrong is thrown at who reloads, as well; a file's watcher drops it.
    private void Reload() => Assert.IsType<AggregateException>(Record.Exception(_configuration.Reload), exactMatch: false);

    private static string Address(SimulatorServer simulator) => simulator.BaseAddress.ToString().TrimEnd('/');
}
