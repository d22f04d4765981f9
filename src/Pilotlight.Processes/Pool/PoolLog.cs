using Microsoft.Extensions.Logging;

namespace Pilotlight.Processes;

/// <summary>
/// What the pool logs: names, ids and times; never arguments, environments or output, save the tail of stderr on a failed start.
/// </summary>
internal static partial class PoolLog
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Started {Profile} process {ProcessId}, ready after {Milliseconds:0} ms")]
    public static partial void Started(ILogger logger, string profile, int processId, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Starting a {Profile} process failed: {Cause}")]
    public static partial void StartFailed(ILogger logger, string profile, string cause);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Ended {Profile} process {ProcessId} ({Reason}), exit code {ExitCode}")]
    public static partial void Ended(ILogger logger, string profile, int processId, string reason, int exitCode);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Profile} process {ProcessId} has not ended 3 s after SIGKILL; the kernel holds it (a dead disk, a frozen "
            + "cgroup?). It is given up")]
    public static partial void NotEnded(ILogger logger, string profile, int processId);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "What the warm-up of {Profile} process {ProcessId} left in it could not be disposed of")]
    public static partial void StateNotDisposed(ILogger logger, string profile, int processId, Exception fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A handler of MemoryShort failed")]
    public static partial void MemoryHandlerFailed(ILogger logger, Exception fault);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The pool's controller failed; it looks again in a second")]
    public static partial void ControllerFailed(ILogger logger, Exception fault);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The stop of the process pool gave up after {Limit}: {Starting} processes were starting and {Ending} "
            + "ending")]
    public static partial void StopGivenUp(ILogger logger, TimeSpan limit, int starting, int ending);

    [LoggerMessage(
        Level = LogLevel.Debug,
        Message = "Acquired {Profile} process {ProcessId}, {Source}, in {Microseconds:0.0} µs")]
    public static partial void Acquired(ILogger logger, string profile, int processId, LeaseSource source, double microseconds);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Profile} process {ProcessId} has been leased for more than {Limit}; it was acquired at {Site}:{Line}. Is "
            + "its lease disposed of?")]
    public static partial void LeakSuspected(
        ILogger logger, string profile, int processId, TimeSpan limit, string site, int line);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The memory budget's limit is exceeded ({Pressure}): processes take {Megabytes} MiB")]
    public static partial void MemoryShort(ILogger logger, MemoryPressure pressure, long megabytes);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ended {Count} processes that an earlier run had left behind")]
    public static partial void Swept(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "The process pool has stopped")]
    public static partial void Stopped(ILogger logger);
}
