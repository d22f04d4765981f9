[assembly: AssemblyFixture(typeof(Pilotlight.EndToEnd.Tests.SharedGatewayLifetime))]

namespace Pilotlight.EndToEnd.Tests;

/// <summary>Ends the shared gateway when all tests are done.</summary>
public sealed class SharedGatewayLifetime : IAsyncDisposable
{
    public ValueTask DisposeAsync() => SharedGateway.StopAsync();
}
