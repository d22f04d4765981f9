using Pilotlight.Client.Turns;

namespace Pilotlight.Client.Tests;

/// <summary>A test with a data folder of its own and a limit: whatever it waits for, it does not wait for ever.</summary>
public abstract class ClientTest : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-client-");

    protected ClientTest() => _limit.CancelAfter(Limit);

    protected CancellationToken Token => _limit.Token;

    protected string Data => _data.FullName;

    public void Dispose()
    {
        _limit.Dispose();
        _data.Delete(recursive: true);
    }

    protected static PilotlightClient ClientOf(Uri address) => new(new PilotlightClientOptions { Address = address });

    protected static string TextOf(IEnumerable<TurnEvent> events) => string.Concat(events.OfType<TextDelta>().Select(delta => delta.Text));
}
