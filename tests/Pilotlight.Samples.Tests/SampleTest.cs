namespace Pilotlight.Samples.Tests;

/// <summary>A test with a data folder of its own and a limit: whatever it waits for, it does not wait for ever.</summary>
public abstract class SampleTest : IDisposable
{
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-sample-");

    protected SampleTest() => _limit.CancelAfter(TimeSpan.FromMinutes(3));

    /// <summary>Cancelled when the run is stopped or the test's time is up.</summary>
    protected CancellationToken Token => _limit.Token;

    /// <summary>An empty folder, deleted at the end.</summary>
    protected string Data => _data.FullName;

    public void Dispose()
    {
        _limit.Dispose();
        _data.Delete(recursive: true);
    }
}
