using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Pilotlight.Processes.Tests;

/// <summary>The pool in a host: one call adds it, the host starts and stops it.</summary>
public sealed class RegistrationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_call_adds_a_pool_that_ends_its_processes_with_the_host()
    {
        using var host = Build(options => options.MinIdle = 1);
        await host.StartAsync(Token);
        var pool = host.Services.GetRequiredService<WarmPool>();
        pool.Register(Children.Echo());
        await pool.UntilAsync(row => row.Parked == 1, "echo", Token);
        var parked = pool.GetSnapshot().Profiles[0].Processes[0].ProcessId;

        await host.StopAsync(Token);

        Assert.False(Children.Exists(parked));
    }

    [Fact]
    public async Task Wrong_options_stop_the_start_with_every_fault()
    {
        using var host = Build(
            options => (options.MaxProcesses, options.MaxWaiting, options.MinIdle, options.MaxIdle) = (0, -1, 3, 2));

        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Token));

        Assert.Contains(nameof(WarmPoolOptions.MaxProcesses), fault.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(WarmPoolOptions.MaxWaiting), fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_follows_whether_processes_can_be_started()
    {
        await using var pool = new WarmPool(new WarmPoolOptions { MinIdle = 1 });
        var check = new WarmPoolHealthCheck(pool);
        Assert.Equal(HealthStatus.Healthy, (await check.CheckHealthAsync(new HealthCheckContext(), Token)).Status);

        pool.Register(Children.Program("/nowhere/program", "missing"));
        await pool.UntilAsync(row => row.Breaker == BreakerState.Open, "missing", Token);

        var result = await check.CheckHealthAsync(new HealthCheckContext(), Token);
        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Contains("/nowhere/program", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instruments_tell_state_acquires_and_recycled_processes()
    {
        using var host = Build(options => options.MinIdle = 1);
        var pool = host.Services.GetRequiredService<WarmPool>();
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        using var acquires = new MetricCollector<double>(meters, WarmPool.MeterName, "pilotlight.pool.acquire.duration");
        using var recycled = new MetricCollector<long>(meters, WarmPool.MeterName, "pilotlight.pool.recycled");
        using var leased = new MetricCollector<int>(meters, WarmPool.MeterName, "pilotlight.pool.leased");

        await using (pool)
        {
            var lease = await pool.AcquireAsync(Children.Echo(), Token);
            leased.RecordObservableInstruments();
            await lease.ReturnCleanAsync();
        }

        Assert.Equal("cold", Assert.Single(acquires.GetMeasurementSnapshot()).Tags["source"]);
        Assert.Equal(1, Assert.Single(recycled.GetMeasurementSnapshot()).Value);
        Assert.Equal(1, Assert.Single(leased.GetMeasurementSnapshot()).Value);
    }

    private static IHost Build(Action<WarmPoolOptions> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMetrics();
        builder.Services.AddWarmPool(configure);
        return builder.Build();
    }
}
