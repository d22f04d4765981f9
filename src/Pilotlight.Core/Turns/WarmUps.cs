using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>Warm-ups of threads that go on behind their requests; one a thread at a time.</summary>
/// <remarks>A warm-up that fails is only logged: the turn that follows meets the same fault and tells it.</remarks>
internal sealed partial class WarmUps(ThreadWork work, ThreadService threads, ITurnNodes nodes, Admission admission, ILogger<WarmUps> logger)
{
    private readonly ConcurrentDictionary<string, bool> _running = new(StringComparer.Ordinal);

    /// <summary>Begins to make a thread ready, unless that is going on already.</summary>
    /// <exception cref="ProblemException">The thread's model or profile is not for this caller.</exception>
    public void Begin(Caller caller, ChatThread thread, bool isStored = true)
    {
        admission.RequireAllowed(caller, thread.Model, thread.Profile);

        // What is not stored yet can be made ready here alone.
        Begin(thread, isStored, mayBeElsewhere: isStored);
    }

    /// <summary>Begins to make a stored thread ready on this server, as another node asks; nothing while that is going on already.</summary>
    public void BeginHere(ChatThread thread) => Begin(thread, isStored: true, mayBeElsewhere: false);

    /// <summary>Has a process parked for a thread that is about to begin, and is not there yet.</summary>
    /// <exception cref="ProblemException">The profile is not for this caller, or there is none such.</exception>
    public void Expect(Caller caller, string? profile)
    {
        threads.CheckProfile(profile);
        Admission.RequireProfile(caller, profile);
        try
        {
            work.Expect(string.IsNullOrWhiteSpace(profile) ? null : profile);
        }
        catch (ClaudeException fault)
        {
            LogNotExpected(logger, fault.Message);
        }
    }

    private void Begin(ChatThread thread, bool isStored, bool mayBeElsewhere)
    {
        if (_running.TryAdd(thread.Id, true))
        {
            _ = RunAsync(thread, isStored, mayBeElsewhere);
        }
    }

    private async Task RunAsync(ChatThread thread, bool isStored, bool mayBeElsewhere)
    {
        try
        {
            if (!mayBeElsewhere || !await nodes.WarmAsync(thread))
            {
                await work.WarmAsync(thread, isStored);
            }
        }
        catch (Exception fault)
        {
            LogFailed(logger, thread.Id, fault.Message);
        }
        finally
        {
            _running.TryRemove(thread.Id, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No process is kept for a thread that is about to begin: {Cause}")]
    private static partial void LogNotExpected(ILogger logger, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Making thread {Thread} ready failed: {Cause}")]
    private static partial void LogFailed(ILogger logger, string thread, string cause);
}
