using Pilotlight.Testing;

[assembly: AssemblyFixture(typeof(Pilotlight.Client.Tests.SharedGateway))]

namespace Pilotlight.Client.Tests;

/// <summary>One simulated gateway for the tests that leave it as it is.</summary>
public sealed class SharedGateway : IAsyncLifetime
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-client-shared-");

    public GatewayProcess Process { get; private set; } = null!;

    public Uri Address => Process.Http.BaseAddress!;

    public async ValueTask InitializeAsync() => Process = await GatewayProcess.StartAsync(_data.FullName, TestContext.Current.CancellationToken, null, "--simulate", GatewayProcess.OneParked);

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _data.Delete(recursive: true);
    }
}
