namespace Pilotlight.Core.Threads;

/// <summary>What goes on in threads: their turns, and the processes that hold them.</summary>
internal interface IThreadWork
{
    /// <summary>Stops what a thread is doing and lets its process go.</summary>
    /// <exception cref="Problems.ProblemException">Its turn does not end.</exception>
    Task ForgetAsync(string threadId);
}
