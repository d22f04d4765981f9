using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Pilotlight.Processes;

/// <summary>Adds a pool to a host.</summary>
public static class WarmPoolRegistration
{
    /// <summary>Adds a <see cref="WarmPool"/> that starts and stops with the host. Options are checked at start.</summary>
    public static OptionsBuilder<WarmPoolOptions> AddWarmPool(
        this IServiceCollection services, Action<WarmPoolOptions>? configure = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new WarmPool(
            provider.GetRequiredService<IOptions<WarmPoolOptions>>().Value,
            provider.GetService<ILogger<WarmPool>>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetService<IMeterFactory>()));
        services.AddHostedService<WarmPoolService>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WarmPoolOptions>, WarmPoolOptionsValidator>());
        var options = services.AddOptions<WarmPoolOptions>().ValidateOnStart();
        return configure is null ? options : options.Configure(configure);
    }

    // Sweeps before anything is started; stops before what was registered earlier (its users stop first, being registered later).
    private sealed class WarmPoolService(WarmPool pool) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            pool.Sweep();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => pool.StopAsync(cancellationToken);
    }
}

/// <summary>Unhealthy while processes cannot be started, degraded while parked ones still serve.</summary>
public sealed class WarmPoolHealthCheck(WarmPool pool) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failing = pool.GetSnapshot().Profiles.Where(profile => profile.Breaker != BreakerState.Closed).ToArray();
        var reasons = string.Join("; ", failing.Select(profile => profile.LastFailure));
        return Task.FromResult(
            failing.Length == 0 ? HealthCheckResult.Healthy()
            : failing.All(profile => profile.Parked > 0) ? HealthCheckResult.Degraded(reasons)
            : HealthCheckResult.Unhealthy(reasons));
    }
}
