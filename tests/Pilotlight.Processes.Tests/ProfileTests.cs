using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;

namespace Pilotlight.Processes.Tests;

/// <summary>What makes two profiles one: their values, a name in any letters.</summary>
public sealed class ProfileTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Equal_profiles_have_one_hash_also_when_one_was_made_from_another()
    {
        var cat = Children.Echo();
        _ = cat.GetHashCode();

        var made = cat with { FileName = "/bin/tac" };

        var written = Children.Program("/bin/tac", "echo");
        Assert.Equal(written, made);
        Assert.Equal(written.GetHashCode(), made.GetHashCode());
        Assert.NotEqual(cat, made);
    }

    [Fact]
    public void A_name_in_other_letters_is_the_same_name()
    {
        var (lower, upper) = (Children.Echo("chat"), Children.Echo("CHAT"));

        Assert.Equal(lower, upper);
        Assert.Equal(lower.GetHashCode(), upper.GetHashCode());
    }

    [Fact]
    public async Task A_profile_in_other_letters_is_served_from_the_same_stock_and_shown_as_it_was_registered()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        using var acquires = new MetricCollector<double>(meters, WarmPool.MeterName, "pilotlight.pool.acquire.duration");
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1, MaxIdle = 1 }, meters: meters);
        pool.Register(Children.Echo("Chat"));
        await pool.UntilAsync(row => row.Parked == 1, "Chat", Token);

        await using var lease = await pool.AcquireAsync(Children.Echo("cHaT"), Token);

        Assert.Equal(LeaseSource.Warm, lease.Source);
        Assert.Equal("Chat", Assert.Single(pool.GetSnapshot().Profiles).Name);
        Assert.Equal("Chat", Assert.Single(acquires.GetMeasurementSnapshot()).Tags["profile"]);
    }

    [Fact]
    public async Task A_profile_is_drained_by_its_name_in_any_letters()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1, MaxIdle = 1 });
        pool.Register(Children.Echo("Chat"));
        await pool.UntilAsync(row => row.Parked == 1, "Chat", Token);

        Assert.True(pool.Drain("chat"));
        Assert.False(pool.Drain("chats"));

        Assert.True(Assert.Single(pool.GetSnapshot().Profiles).IsDrained);
        await pool.UntilAsync(row => row is { Parked: 0, Starting: 0, Processes.Count: 0 }, "Chat", Token);
    }

    [Fact]
    public async Task While_the_program_is_away_what_is_parked_serves_and_stays()
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-away-");
        var program = Path.Combine(folder.FullName, "program");
        File.Copy("/bin/cat", program);
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 2,
            MaxIdle = 2,
            RenewalCheck = TimeSpan.FromMilliseconds(10),
        });
        var profile = Children.Program(program, "updated") with { WarmUp = Children.SayUpAsync };
        pool.Register(profile);
        await pool.UntilAsync(row => row.Parked == 2, "updated", Token);
        var parked = pool.GetSnapshot().Profiles[0].Processes.Select(row => row.ProcessId).ToArray();

        File.Move(program, program + ".away");
        await using (var lease = await pool.AcquireAsync(profile, Token))
        {
            Assert.Equal(LeaseSource.Warm, lease.Source);
            await pool.UntilAsync(row => row.Breaker == BreakerState.Open, "updated", Token);
        }

        File.Move(program + ".away", program);
        await pool.UntilAsync(row => row is { Parked: 2, Starting: 0 }, "updated", Token);

        Assert.Contains(pool.GetSnapshot().Profiles[0].Processes, row => parked.Contains(row.ProcessId));
        folder.Delete(recursive: true);
    }
}
