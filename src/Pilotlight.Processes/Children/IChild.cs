namespace Pilotlight.Processes;

/// <summary>
/// What a <see cref="ChildProcess"/> stands on: a process of the system, or a program that is played in memory.
/// </summary>
internal interface IChild : IDisposable
{
    int Id { get; }

    /// <summary>Its stdin, written by us.</summary>
    Stream Input { get; }

    Stream Output { get; }

    Stream Errors { get; }

    /// <summary>Calls back once when it has ended, with its exit code; also when it had ended before.</summary>
    void WhenEnded(Action<int> ended);
}
