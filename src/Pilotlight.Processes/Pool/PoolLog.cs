using Microsoft.Extensions.Logging;

namespace Pilotlight.Processes;

/// <summary>What the pool logs: names, ids and times; never arguments, environments or output, save the tail of stderr on a failed start.</summary>
internal static partial class PoolLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Started {Profile} process {ProcessId}, ready after {Milliseconds:0} ms")]
    public static partial void Started(ILogger logger, string profile, int processId, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Starting a {Profile} process failed: {Cause}")]
    public static partial void StartFailed(ILogger logger, string profile, string cause);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Ended {Profile} process {ProcessId} ({Reason}), exit code {ExitCode}")]
    public static partial void Ended(ILogger logger, string profile, int processId, string reason, int exitCode);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Acquired {Profile} process {ProcessId}, {Source}, in {Microseconds:0.0} µs")]
    public static partial void Acquired(ILogger logger, string profile, int processId, LeaseSource source, double microseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Profile} process {ProcessId} has been leased for more than {Limit}; it was acquired at {Site}:{Line}. Is its lease disposed of?")]
    public static partial void LeakSuspected(ILogger logger, string profile, int processId, TimeSpan limit, string site, int line);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The memory budget's limit is exceeded ({Pressure}): processes take {Megabytes} MiB")]
    public static partial void MemoryShort(ILogger logger, MemoryPressure pressure, long megabytes);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ended {Count} processes that an earlier run had left behind")]
    public static partial void Swept(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "The process pool has stopped")]
    public static partial void Stopped(ILogger logger);
}
