namespace Pilotlight.Processes.Tests;

/// <summary>When whoever ends a pool, a lease or a child may go on.</summary>
public sealed class DisposeTests : IDisposable
{
    private readonly CancellationTokenSource _limit = Limit.Of(TimeSpan.FromMinutes(1));

    private CancellationToken Token => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task Whoever_disposes_of_a_pool_that_is_being_disposed_of_waits_for_the_same_end()
    {
        var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1, CloseInputGrace = TimeSpan.FromSeconds(1) });
        pool.Register(
            Children.Script("echo ready; trap 'exit 0' TERM; while :; do sleep 60 & wait; done", warmUp: Children.ReadLineAsync));
        await pool.UntilAsync(row => row.Parked > 0, "script", Token);
        var processId = pool.GetSnapshot().Profiles[0].Processes[0].ProcessId;

        var first = pool.DisposeAsync();
        await pool.DisposeAsync().AsTask().WaitAsync(Token);

        Assert.False(Children.Exists(processId));
        await first;
    }

    [Fact]
    public async Task Whoever_disposes_of_a_lease_that_is_being_disposed_of_waits_for_the_same_end()
    {
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 0,
            MaxIdle = 0,
            CloseInputGrace = TimeSpan.FromMilliseconds(200),
        });
        var lease = await pool.AcquireAsync(Children.Script("trap 'exit 0' TERM; while :; do sleep 60 & wait; done"), Token);

        var first = lease.DisposeAsync();
        await lease.DisposeAsync().AsTask().WaitAsync(Token);

        Assert.False(Children.Exists(lease.Process.Id));
        await first;
    }
}
