namespace Pilotlight.Processes.Tests;

/// <summary>Parked processes that are stopped, and run on when they are needed.</summary>
public sealed class FreezeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_frozen_process_runs_on_when_it_is_acquired()
    {
        await using var pool = await FrozenAsync();
        var frozen = pool.GetSnapshot().Profiles[0].Processes[0].ProcessId;

        await using var lease = await pool.AcquireAsync(Children.Echo(), Token);

        Assert.Equal(LeaseSource.Warm, lease.Source);
        Assert.Equal(frozen, lease.Process.Id);
        Assert.Equal("thawed", await Children.EchoAsync(lease.Process, "thawed", Token));
    }

    [Fact]
    public async Task A_frozen_process_ends_with_its_stdin_like_any_other()
    {
        var pool = await FrozenAsync();
        var frozen = pool.GetSnapshot().Profiles[0].Processes[0].ProcessId;

        await pool.DisposeAsync();

        Assert.False(Children.Exists(frozen));
    }

    private static async Task<WarmPool> FrozenAsync()
    {
        // A grace that no test would wait for: the end must come by EOF.
        var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 1,
            MaxIdle = 1,
            FreezeAfter = TimeSpan.FromMilliseconds(10),
            CloseInputGrace = TimeSpan.FromMinutes(5),
        });
        pool.Register(Children.Echo());
        await pool.UntilAsync(row => row.Parked == 1 && IsStopped(row.Processes[0].ProcessId), "echo", Token);
        return pool;
    }

    private static bool IsStopped(int processId) => File.ReadAllText($"/proc/{processId}/stat").Contains(") T ", StringComparison.Ordinal);
}
