using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pilotlight.Core.Access;

/// <summary>Stores now and then when keys were last used, so that no request waits for it.</summary>
internal sealed partial class KeyUse(KeyService keys, TimeProvider time, ILogger<KeyUse> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SaveAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await SaveAsync(CancellationToken.None);
        }
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await keys.SaveUseAsync(cancellationToken);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            LogFailed(logger, fault.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "When keys were last used could not be stored; it is tried again: {Cause}")]
    private static partial void LogFailed(ILogger logger, string cause);
}
