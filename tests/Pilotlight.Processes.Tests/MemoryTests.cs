namespace Pilotlight.Processes.Tests;

/// <summary>The memory budget, on processes that really take the memory.</summary>
public sealed class MemoryTests
{
    private const long Megabyte = 1 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // tail keeps what it reads of /dev/zero until its end: 20 MiB, then it waits for the rest of its input.
    private static ProcessProfile Large { get; } = Children.Script(
        "(head -c 20971520 /dev/zero; echo; cat) | tail -n 1 & while ! [ $(ps -o rss= -p $!) -gt 20000 ]; do sleep 0.01; done; "
        + "echo ready; read line; kill $!",
        "large",
        Children.ReadLineAsync);

    [Fact]
    public async Task Past_the_soft_limit_fewer_are_parked_and_callers_are_still_served()
    {
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 6,
            MaxIdle = 6,
            MemorySoftLimit = 70 * Megabyte,
            MemoryCheck = TimeSpan.FromMilliseconds(20),
            CloseInputGrace = TimeSpan.Zero,
        });
        pool.Register(Large);

        await pool.UntilAsync(row => row is { Parked: >= 1 and <= 3, Starting: 0, Target: 6 }, "large", Token);

        await using var lease = await pool.AcquireAsync(Large, Token);
        Assert.NotEqual(MemoryPressure.Hard, pool.MemoryPressure);
    }

    [Fact]
    public async Task Past_the_hard_limit_a_miss_is_rejected_with_figures_and_what_to_raise()
    {
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 0,
            MaxIdle = 0,
            MemoryHardLimit = 10 * Megabyte,
            MemoryCheck = TimeSpan.FromMilliseconds(20),
            CloseInputGrace = TimeSpan.Zero,
        });
        var raised = new TaskCompletionSource();
        pool.MemoryShort += (_, _) => raised.TrySetResult();
        await using var lease = await pool.AcquireAsync(Large, Token);
        await raised.Task.WaitAsync(Token);

        var fault = await Assert.ThrowsAsync<PoolRejectedException>(async () => await pool.AcquireAsync(Large, Token));

        Assert.Equal(MemoryPressure.Hard, pool.MemoryPressure);
        Assert.Contains("of the 10 MiB", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Pilotlight:Pool:MemoryHardLimit", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pressure_whose_cause_has_ended_refuses_nobody()
    {
        using var limit = Limit.Of(TimeSpan.FromMinutes(1));
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 0,
            MaxIdle = 0,
            MemoryHardLimit = 10 * Megabyte,
            MemoryCheck = TimeSpan.FromMilliseconds(20),
            CloseInputGrace = TimeSpan.Zero,
        });
        var raised = new TaskCompletionSource();
        pool.MemoryShort += (_, _) => raised.TrySetResult();
        await using (await pool.AcquireAsync(Large, limit.Token))
        {
            await raised.Task.WaitAsync(limit.Token);
        }

        while (pool.MemoryPressure != MemoryPressure.None)
        {
            await Task.Delay(5, limit.Token);
        }

        await using var lease = await pool.AcquireAsync(Children.Echo(), limit.Token);
        Assert.Equal(LeaseSource.Cold, lease.Source);
    }

    [Fact]
    public void What_came_and_went_since_a_measurement_counts_with_the_mean()
    {
        var budget = new MemoryBudget(soft: 100, hard: 200);
        budget.Measured([30, 30]);
        Assert.True(budget.AllowsStock(up: 2));
        Assert.False(budget.AllowsStock(up: 3));
        Assert.True(budget.AllowsDemand(up: 5));
        Assert.False(budget.AllowsDemand(up: 6));

        budget.Measured([50, 50]);
        Assert.False(budget.AllowsStock(up: 2));
        Assert.True(budget.AllowsStock(up: 1));

        budget.Measured([90, 90, 90]);
        Assert.Equal(MemoryPressure.Hard, budget.Pressure);
    }
}
