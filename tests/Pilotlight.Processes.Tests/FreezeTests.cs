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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_acquire_in_the_middle_of_a_freeze_leaves_the_process_running(bool isGivenBack)
    {
        var containment = new StubContainment();
        using var launcher = new ProcessLauncher(containment, TimeProvider.System);
        await using var process = await launcher.StartAsync(Children.Echo());
        var worker = new Worker(null!, process, null, 0, TimeSpan.FromHours(1));
        worker.TryMove(WorkerState.Starting, WorkerState.Idle);
        var signals = new List<string>();
        containment.OnResume = _ => signals.Add("CONT");
        containment.OnSuspend = _ =>
        {
            // Taken, and perhaps given back, between the mark and the signal.
            worker.TryMove(WorkerState.Idle, WorkerState.Leased);
            worker.Thaw();
            if (isGivenBack)
            {
                worker.TryMove(WorkerState.Leased, WorkerState.Idle);
            }

            signals.Add("STOP");
        };

        worker.Freeze();

        Assert.Equal("CONT", signals[^1]);
        Assert.False(worker.IsFrozen);
    }

    [Fact]
    public async Task Processes_that_are_frozen_and_taken_all_the_time_never_hang()
    {
        using var limit = Limit.Of(TimeSpan.FromMinutes(1));
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 1,
            MaxIdle = 1,
            FreezeAfter = TimeSpan.FromMilliseconds(1),
        });
        for (var round = 0; round < 200; round++)
        {
            var lease = await pool.AcquireAsync(Children.Echo(), limit.Token);
            Assert.Equal("up", await Children.EchoAsync(lease.Process, "up", limit.Token));
            await lease.ReturnCleanAsync();
        }
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
        await pool.UntilAsync(row => row.Parked == 1 && Children.IsStopped(row.Processes[0].ProcessId), "echo", Token);
        return pool;
    }
}
