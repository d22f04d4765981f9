using Pilotlight.Simulator;
using Pilotlight.Wire.Processes;
using Pilotlight.Wire.Upstreams;

namespace Pilotlight.Wire.Tests;

/// <summary>A relay on a socket in a folder of its own, in front of simulators.</summary>
public sealed class WireHost : IAsyncDisposable
{
    public const string Key = "sk-ant-the-real-key-that-nobody-may-see";

    private readonly DirectoryInfo _folder;

    private WireHost(Relay relay, SimulatorServer simulator, DirectoryInfo folder) => (Relay, Simulator, _folder) = (relay, simulator, folder);

    public Relay Relay { get; }

    public SimulatorServer Simulator { get; }

    public string Folder => _folder.FullName;

    public static async Task<WireHost> StartAsync(Action<WireOptions, SimulatorServer>? configure = null, SimulatorOptions? simulator = null, Func<RelaySetup, RelaySetup>? setup = null)
    {
        var server = await SimulatorServer.StartAsync(simulator);
        var folder = Directory.CreateTempSubdirectory("pilotlight-wire-");
        var options = new WireOptions();
        configure?.Invoke(options, server);
        var given = new RelaySetup { SocketPath = Path.Combine(folder.FullName, "wire.sock"), ApiKey = Key, BaseUrl = server.BaseAddress.ToString() };
        var relay = new Relay(options, setup?.Invoke(given) ?? given);
        await relay.StartAsync();
        return new WireHost(relay, server, folder);
    }

    /// <summary>Settings for an upstream at a simulator.</summary>
    public static UpstreamOptions At(SimulatorServer server, string name, int priority = 0, string key = Key) =>
        new() { Name = name, BaseUrl = server.BaseAddress.ToString(), ApiKey = key, Priority = priority };

    public static Task<CliProcess> StartCliAsync(WireProcess process, string[] arguments, CancellationToken cancellationToken) =>
        CliProcess.StartAsync(process.Environment, arguments, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Relay.DisposeAsync();
        await Simulator.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
