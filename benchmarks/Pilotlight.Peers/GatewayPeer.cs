using Pilotlight.Claude.Conversations;
using Pilotlight.Processes;
using Pilotlight.Tool.Bench;
using Pilotlight.Client;
using Pilotlight.Tool.Client;
using Pilotlight.Tool.Serving;

namespace Pilotlight.Peers;

/// <summary>The gateway with a pool of two, over HTTP: what the library does, and every turn stored before it is sent.</summary>
internal sealed class GatewayPeer : IAsyncDisposable
{
    private readonly GatewayServer _server;
    private readonly PilotlightClient _client;
    private string _last = "";

    private GatewayPeer(GatewayServer server) => (_server, _client) = (server, Gateways.Open(server.Addresses[0]));

    public static async Task<GatewayPeer> StartAsync(CliUnderTest machine) => new(await GatewayServer.StartAsync(
        new ServeSettings(
            "http://127.0.0.1:0",
            Path.Combine(machine.Home, "gateway"),
            Simulate: true,
            ["--Pilotlight:Claude:Path=" + machine.Path, "--Pilotlight:Pool:MinIdle=2", "--Pilotlight:Pool:MaxIdle=2"],
            IsQuiet: true),
        CancellationToken.None));

    public async Task<double> WarmAsync()
    {
        if (_last.Length > 0)
        {
            await _server.Services.GetRequiredService<IClaudeConversations>().ForgetAsync(_last);
        }

        _last = (await _client.CreateThreadAsync()).Id;
        await ReadyAsync();
        return (await BenchRig.TurnAsync(_client, _last, CliUnderTest.Question, "warm", CancellationToken.None)).FirstTokenMs;
    }

    public async Task<double> HotAsync()
    {
        await ReadyAsync();
        return (await BenchRig.TurnAsync(_client, _last, CliUnderTest.Question, "hot", CancellationToken.None)).FirstTokenMs;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
    }

    private async Task ReadyAsync()
    {
        var pool = _server.Services.GetRequiredService<WarmPool>();
        while (pool.GetSnapshot().Profiles is not [{ Parked: 2, Starting: 0 }, ..])
        {
            await Task.Delay(50);
        }

        await Task.Delay(TimeSpan.FromSeconds(1));
    }
}
