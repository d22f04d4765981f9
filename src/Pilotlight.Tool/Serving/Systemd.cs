using System.Globalization;
using Microsoft.Extensions.Hosting.Systemd;

namespace Pilotlight.Tool.Serving;

/// <summary>What systemd is told by a service that it, or what stands in for it, has started with <c>Type=notify</c>.</summary>
internal static class Systemd
{
    private const string SocketVariable = "NOTIFY_SOCKET";

    /// <summary>Has the program say that it is ready once it listens, that it lives, and that it stops; does nothing without a socket to say it to.</summary>
    public static void AddSystemdNotices(this IServiceCollection services)
    {
        if (OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable(SocketVariable) is { Length: > 0 })
        {
            services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
            services.AddSingleton<IHostLifetime, SystemdLifetime>();
            services.AddHostedService<SystemdWatchdog>();
        }
    }
}

/// <summary>Tells systemd that the program is alive, as often as its unit's <c>WatchdogSec</c> asks.</summary>
/// <remarks>The sign is given from the thread pool, so that one that is starved for too long is found.</remarks>
internal sealed class SystemdWatchdog(ISystemdNotifier systemd, TimeProvider time) : BackgroundService
{
    private const string Variable = "WATCHDOG_USEC";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Interval(Environment.GetEnvironmentVariable(Variable)) is not { } interval)
        {
            return;
        }

        using var timer = new PeriodicTimer(interval, time);
        do
        {
            systemd.Notify(new ServiceState("WATCHDOG=1"));
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Half of what systemd waits for at most, as it recommends; null where it does not watch.</summary>
    internal static TimeSpan? Interval(string? microseconds) =>
        long.TryParse(microseconds, CultureInfo.InvariantCulture, out var limit) && limit > 0 ? TimeSpan.FromMicroseconds(limit / 2d) : null;
}
