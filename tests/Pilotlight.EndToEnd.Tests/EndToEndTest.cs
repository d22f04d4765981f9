using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>A test with a data folder of its own and a limit: whatever it waits for, it does not wait for ever.</summary>
public abstract class EndToEndTest : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-e2e-");

    /// <param name="limit">How long a test may take; null for the limit of all.</param>
    protected EndToEndTest(TimeSpan? limit = null) => _limit.CancelAfter(limit ?? Limit);

    /// <summary>Cancelled when the run is stopped or the test's time is up.</summary>
    protected CancellationToken Token => _limit.Token;

    /// <summary>An empty folder, deleted at the end.</summary>
    protected string Data => _data.FullName;

    /// <summary>Starts a gateway of the test's own, on its folder, that asks this simulator.</summary>
    protected Task<GatewayProcess> StartAsync(SimulatorServer simulator, params string[] settings) => GatewayProcess.StartOnAsync(simulator, Data, Token, settings);

    public void Dispose()
    {
        _limit.Dispose();
        _data.Delete(recursive: true);
    }
}
