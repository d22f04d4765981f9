namespace Pilotlight.Processes;

/// <summary>
/// No process could be had: the pool is full and so is the wait for it, the wait was too long, or the profile was let go.
/// </summary>
public sealed class PoolRejectedException(string message) : Exception(message)
{
    internal static PoolRejectedException LetGo(string profile) =>
        new($"'{profile}' was unregistered while a process of it was waited for. Acquire again, which registers it again.");
}

/// <summary>The pool is being stopped, or was.</summary>
public sealed class PoolStoppedException() : Exception("The process pool has been stopped; it hands out no more processes.");
