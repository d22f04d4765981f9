using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Pilotlight.Gateway.Turns;

/// <summary>Warm-ups of threads that go on behind their requests; one a thread at a time.</summary>
/// <remarks>A warm-up that fails is only logged: the turn that follows meets the same fault and tells it.</remarks>
internal sealed partial class WarmUps(ILogger<WarmUps> logger)
{
    private readonly ConcurrentDictionary<string, Task> _running = new(StringComparer.Ordinal);

    public void Begin(string threadId, Func<Task> warm)
    {
        var begun = new TaskCompletionSource();
        if (_running.TryAdd(threadId, begun.Task))
        {
            _ = RunAsync(threadId, warm);
        }
    }

    private async Task RunAsync(string threadId, Func<Task> warm)
    {
        try
        {
            await warm();
        }
        catch (Exception fault)
        {
            LogFailed(logger, threadId, fault.Message);
        }
        finally
        {
            _running.TryRemove(threadId, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Making thread {Thread} ready failed: {Cause}")]
    private static partial void LogFailed(ILogger logger, string thread, string cause);
}
