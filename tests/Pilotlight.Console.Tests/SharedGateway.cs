using Pilotlight.Testing;

[assembly: AssemblyFixture(typeof(Pilotlight.Console.Tests.SharedGateway))]

namespace Pilotlight.Console.Tests;

/// <summary>A simulated gateway for all tests that need none of their own; started by the first of them.</summary>
public sealed class SharedGateway : IAsyncDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-console-");
    private readonly Lazy<Task<GatewayProcess>> _gateway;

    public SharedGateway() => _gateway = new Lazy<Task<GatewayProcess>>(async () =>
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var gateway = await GatewayProcess.StartAsync(_data.FullName, bound.Token, null, "--simulate", GatewayProcess.OneParked);
        await gateway.WaitForWarmthAsync(bound.Token);
        return gateway;
    });

    public Task<GatewayProcess> GetAsync() => _gateway.Value;

    public async Task<Uri> AddressAsync() => (await GetAsync()).Http.BaseAddress!;

    public async ValueTask DisposeAsync()
    {
        if (_gateway.IsValueCreated)
        {
            await (await _gateway.Value).DisposeAsync();
        }

        _data.Delete(recursive: true);
    }
}
