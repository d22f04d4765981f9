namespace Pilotlight.Processes.Tests;

/// <summary>A changed profile takes another's place while callers go on.</summary>
public sealed class GenerationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static ProcessProfile Version(string version) => Children.Echo() with
    {
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["VERSION"] = version },
    };

    [Fact]
    public async Task Parked_processes_are_replaced_one_by_one_and_no_acquire_fails_or_waits()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 3, MaxIdle = 3, RefillDelay = TimeSpan.Zero });
        var (former, changed) = (Version("1"), Version("2"));
        pool.Register(former);
        await pool.UntilAsync(row => row.Parked == 3, "echo", Token);

        pool.Replace(former, changed);
        var during = await pool.AcquireAsync(former, Token);
        await pool.UntilAsync(row => row.Parked == 3 && pool.GetSnapshot().Profiles.Count == 2, "echo", Token);
        Assert.Equal(LeaseSource.Warm, during.Source);
        await during.DisposeAsync();
        await UntilOneGenerationAsync(pool);

        await using var after = await pool.AcquireAsync(former, Token);
        Assert.Equal(LeaseSource.Warm, after.Source);
        await Children.EchoAsync(after.Process, "up", Token);
        Assert.Contains(
            "VERSION=2", await File.ReadAllTextAsync($"/proc/{after.Process.Id}/environ", Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_changed_one_cannot_start_what_is_parked_still_serves()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 2, MaxIdle = 2 });
        var former = Version("1");
        var broken = Children.Program("/nowhere/program", "echo");
        pool.Register(former);
        await pool.UntilAsync(row => row.Parked == 2, "echo", Token);

        pool.Replace(former, broken);
        while (!pool.GetSnapshot().Profiles.Any(row => row.Breaker == BreakerState.Open))
        {
            await Task.Delay(5, Token);
        }

        await using var served = await pool.AcquireAsync(broken, Token);
        Assert.Equal("alive", await Children.EchoAsync(served.Process, "alive", Token));
    }

    [Fact]
    public async Task A_caller_who_waits_when_the_profile_changes_is_served_by_the_changed_one()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 0, MaxIdle = 0 });
        var stuck = Children.Script("sleep 600", "echo", Children.ReadLineAsync);
        var waiting = pool.AcquireAsync(stuck, Token).AsTask();

        pool.Replace(stuck, Version("2"));

        await using var lease = await waiting;
        Assert.Equal("alive", await Children.EchoAsync(lease.Process, "alive", Token));
        Assert.Equal(0, pool.GetSnapshot().Profiles.Sum(row => row.Waiting));
    }

    [Fact]
    public async Task A_profile_that_comes_back_takes_its_place_again()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1, MaxIdle = 1 });
        var (one, other) = (Version("1"), Version("2"));
        pool.Register(one);
        await pool.UntilAsync(row => row.Parked == 1, "echo", Token);

        pool.Replace(one, other);
        pool.Replace(other, one);
        await UntilOneGenerationAsync(pool);

        await using var lease = await pool.AcquireAsync(other, Token);
        await Children.EchoAsync(lease.Process, "up", Token);
        Assert.Contains(
            "VERSION=1", await File.ReadAllTextAsync($"/proc/{lease.Process.Id}/environ", Token), StringComparison.Ordinal);
    }

    private static async Task UntilOneGenerationAsync(WarmPool pool)
    {
        while (pool.GetSnapshot().Profiles is not [{ Parked: > 0, Starting: 0 }])
        {
            await Task.Delay(5, Token);
        }
    }
}
