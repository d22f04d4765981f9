using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Pilotlight.Processes.Tests;

/// <summary>A profile that is let go, or whose place another takes, leaves nothing behind.</summary>
public sealed class UnregisterTests : IDisposable
{
    private readonly CancellationTokenSource _limit = Limit.Of(TimeSpan.FromMinutes(1));

    private CancellationToken Token => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task What_is_parked_ends_and_what_is_leased_ends_when_it_is_given_back()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 2, MaxIdle = 2 });
        var profile = Children.Echo();
        pool.Register(profile);
        await pool.UntilAsync(row => row.Parked == 2, "echo", Token);
        var lease = await pool.AcquireAsync(profile, Token);
        var parked = pool.GetSnapshot().Profiles[0].Processes.Single(row => !row.IsLeased).ProcessId;

        Assert.True(pool.Unregister(Children.Echo()));

        await Children.GoneAsync(parked, Token);
        Assert.Equal("mine", await Children.EchoAsync(lease.Process, "mine", Token));
        Assert.True(Assert.Single(pool.GetSnapshot().Profiles).IsLeaving);
        await lease.ReturnCleanAsync();
        Assert.False(Children.Exists(lease.Process.Id));
        await EmptyAsync(pool);
        Assert.False(pool.Unregister(profile));
    }

    [Fact]
    public async Task A_start_that_is_under_way_is_broken_off_and_who_waits_for_it_is_told()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1, MaxIdle = 1 });
        var asked = new TaskCompletionSource<int>();
        var stuck = Children.Echo() with
        {
            WarmUp = (process, _) =>
            {
                asked.TrySetResult(process.Id);
                return new ValueTask(new TaskCompletionSource().Task);
            },
        };
        var waiting = pool.AcquireAsync(stuck, Token).AsTask();
        var processId = await asked.Task.WaitAsync(Token);

        pool.Unregister(stuck);

        var fault = await Assert.ThrowsAsync<PoolRejectedException>(() => waiting);
        Assert.Contains("'echo' was unregistered", fault.Message, StringComparison.Ordinal);
        await Children.GoneAsync(processId, Token);
        await EmptyAsync(pool);
    }

    [Fact]
    public async Task Who_asks_again_registers_it_anew()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1, MaxIdle = 1 });
        var profile = Children.Echo();
        await using var before = await pool.AcquireAsync(profile, Token);
        pool.Unregister(profile);

        await using var after = await pool.AcquireAsync(profile, Token);

        Assert.NotEqual(before.Process.Id, after.Process.Id);
        await pool.UntilAsync(row => row is { Parked: 1, IsLeaving: false }, "echo", Token);
    }

    [Fact]
    public async Task A_lease_of_one_that_was_let_go_still_counts_and_ends_with_the_pool()
    {
        var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 1,
            MaxIdle = 1,
            MaxProcesses = 1,
            DrainTimeout = TimeSpan.Zero,
            MaxWaiting = 0,
        });
        var lease = await AcquireInTheEndAsync(pool);
        pool.Unregister(Children.Echo());

        var full = await Assert.ThrowsAsync<PoolRejectedException>(
            async () => await pool.AcquireAsync(Children.Echo("other"), Token));
        await pool.DisposeAsync();

        Assert.Contains("1 of 1 processes are up", full.Message, StringComparison.Ordinal);
        Assert.False(Children.Exists(lease.Process.Id));
    }

    [Fact]
    public async Task The_newest_takes_along_all_whose_place_it_took()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1, MaxIdle = 1 });
        var (first, second) = (Children.Echo(), Children.Echo() with { WorkingDirectory = "/" });
        pool.Register(first);
        await pool.UntilAsync(row => row.Parked == 1, "echo", Token);
        pool.Replace(first, second);

        pool.Unregister(second);

        await EmptyAsync(pool);
        Assert.False(pool.Unregister(first));
    }

    [Fact]
    public async Task One_that_was_replaced_leaves_alone()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1, MaxIdle = 1 });
        var (first, second) = (Children.Echo(), Children.Echo() with { WorkingDirectory = "/" });
        pool.Register(first);
        pool.Replace(first, second);

        Assert.True(pool.Unregister(first));

        await pool.UntilAsync(row => row is { Parked: 1, IsLeaving: false }, "echo", Token);
        await using var lease = await pool.AcquireAsync(second, Token);
        Assert.Equal(LeaseSource.Warm, lease.Source);
    }

    [Fact]
    public async Task Once_a_broken_profile_was_replaced_its_failures_are_nobodys_trouble()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1, MaxIdle = 1 });
        var folder = Directory.CreateTempSubdirectory("pilotlight-moved-");
        var program = Path.Combine(folder.FullName, "program");
        File.Copy("/bin/cat", program);
        var moved = Children.Program(program, "cli") with { WarmUp = Children.SayUpAsync };
        pool.Register(moved);
        await using var lease = await pool.AcquireAsync(moved, Token);
        await pool.UntilAsync(row => row.Parked == 1, "cli", Token);
        folder.Delete(recursive: true);
        pool.Recycle();
        await pool.UntilAsync(row => row.Breaker == BreakerState.Open, "cli", Token);

        pool.Replace(moved, Children.Echo("cli"));
        await pool.UntilAsync(row => row is { Parked: 1, IsLeaving: false }, "cli", Token);

        var health = await new WarmPoolHealthCheck(pool).CheckHealthAsync(new HealthCheckContext(), Token);
        Assert.Equal(HealthStatus.Healthy, health.Status);
    }

    [Fact]
    public async Task Profiles_whose_warm_ups_leave_different_things_cannot_take_each_others_place()
    {
        await using var pool = new WarmPool();
        var typed = new ProcessProfile<string>
        {
            Name = "echo",
            FileName = "/bin/cat",
            WarmUp = (_, _) => ValueTask.FromResult("up"),
        };

        var fault = Assert.Throws<ArgumentException>(() => pool.Replace(Children.Echo(), typed));

        Assert.Contains("'echo' cannot take the place", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_that_is_let_go_again_and_again_while_others_ask_leaves_nothing()
    {
        var pool = new WarmPool(new WarmPoolOptions { MinIdle = 2, MaxIdle = 2, MaxConcurrentWarmUps = 4 });
        var users = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var round = 0; round < 30; round++)
            {
                await using (var lease = await AcquireInTheEndAsync(pool))
                {
                    await Children.EchoAsync(lease.Process, "mine", Token);
                }

                if (round % 5 == 4)
                {
                    pool.Unregister(Children.Echo());
                }
            }
        })).ToArray();

        await Task.WhenAll(users);

        pool.Unregister(Children.Echo());
        await EmptyAsync(pool);
        await pool.DisposeAsync();
    }

    private async Task<WorkerLease> AcquireInTheEndAsync(WarmPool pool)
    {
        pool.Register(Children.Echo());
        while (true)
        {
            try
            {
                return await pool.AcquireAsync(Children.Echo(), Token);
            }
            catch (PoolRejectedException)
            {
                await Task.Delay(5, Token);
            }
        }
    }

    private async Task EmptyAsync(WarmPool pool)
    {
        while (pool.GetSnapshot().Profiles.Count > 0)
        {
            await Task.Delay(5, Token);
        }
    }
}
