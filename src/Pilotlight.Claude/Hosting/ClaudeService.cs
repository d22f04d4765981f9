using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Turns;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Network;
using Pilotlight.Claude.Profiles;
using Pilotlight.Claude.Sessions;
using Pilotlight.Processes;

namespace Pilotlight.Claude.Hosting;

/// <summary>Starts and stops with the host: parks the first processes, sweeps what a crash left, notices a CLI that moves and a new day.</summary>
internal sealed partial class ClaudeService(
    WarmPool pool,
    ClaudeProfiles profiles,
    ClaudeHome home,
    ProcessFolders folders,
    ClaudeRelay relay,
    UpstreamReload reload,
    ClaudeConversations conversations,
    TimeSpan interval,
    TimeProvider time,
    ILogger<ClaudeService> logger) : IHostedService, IDisposable
{
    private ITimer? _refresh;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Sweep();
        await relay.StartAsync();
        try
        {
            var profile = profiles.Default;
            LogFound(logger, profile.FileName, relay.KeySource ?? home.CredentialSource ?? "none");
            foreach (var proxy in home.WithheldProxies)
            {
                LogWithheld(logger, proxy);
            }

            pool.Register(profile);
        }
        catch (ClaudeException missing)
        {
            LogMissing(logger, missing.Message);
        }

        _refresh = time.CreateTimer(static self => ((ClaudeService)self!).Refresh(), this, interval, Timeout.InfiniteTimeSpan);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        reload.Dispose();
        await conversations.DisposeAsync();
    }

    public void Dispose() => _refresh?.Dispose();

    // Off the start's path it would race with the first processes; a folder that cannot be made is told by each of them as well.
    private void Sweep()
    {
        try
        {
            if (folders.Sweep() is > 0 and var swept)
            {
                LogSwept(logger, swept);
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            LogNoFolder(logger, fault.Message);
        }
    }

    // Beside the turns, which look as well: those that are parked must not wait for the next one.
    private void Refresh()
    {
        var next = interval;
        try
        {
            next = profiles.Refresh() is var untilMidnight && untilMidnight < interval ? untilMidnight : interval;
        }
        catch (Exception fault) when (fault is ClaudeException or IOException or UnauthorizedAccessException)
        {
            LogMissing(logger, fault.Message);
        }

        _refresh?.Change(next, Timeout.InfiniteTimeSpan);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Claude CLI: {Path}; credentials: {CredentialSource}")]
    private static partial void LogFound(ILogger logger, string path, string credentialSource);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Variable} holds a password and is kept from the CLI; name it in Pilotlight:Claude:PassEnvironment if the API is to be reached through it")]
    private static partial void LogWithheld(ILogger logger, string variable);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Problem}")]
    private static partial void LogMissing(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed the temporary files of {Count} earlier runs")]
    private static partial void LogSwept(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "The CLI's processes cannot have temporary folders: {Problem} Set Pilotlight:Claude:TemporaryDirectory to a folder that can be written")]
    private static partial void LogNoFolder(ILogger logger, string problem);
}
