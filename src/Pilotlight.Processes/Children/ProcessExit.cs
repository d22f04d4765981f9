namespace Pilotlight.Processes;

/// <summary>How a process ended.</summary>
/// <param name="ExitCode">Its exit code, or 128 + the signal that ended it; <see cref="Unknown"/> when its end was not
/// seen.</param>
/// <param name="ErrorTail">The last of what it wrote to stderr.</param>
/// <param name="At">When its end was noticed.</param>
public sealed record ProcessExit(int ExitCode, string ErrorTail, DateTimeOffset At)
{
    /// <summary>The exit code of a process whose end was not seen: -1.</summary>
    public const int Unknown = -1;

    /// <summary>
    /// Whether its end was seen. False for one that had not ended three seconds after SIGKILL: it is the kernel's from then on.
    /// </summary>
    public bool IsConfirmed { get; init; } = true;

    /// <summary>The signal that ended it, inferred from the exit code as shells do; null when it ended by itself.</summary>
    public int? Signal => ExitCode is > 128 and < 160 ? ExitCode - 128 : null;
}

/// <summary>A process could not be started, or did not become ready.</summary>
/// <remarks>The message holds the cause, the exit code where there is one, and the tail of stderr.</remarks>
public sealed class ProcessStartException : Exception
{
    /// <summary>Says what was started and what came of it.</summary>
    public ProcessStartException(string message, ProcessExit? exit = null, Exception? innerException = null)
        : base(message, innerException) => Exit = exit;

    /// <summary>How the process ended, if it had started at all.</summary>
    public ProcessExit? Exit { get; }

    /// <summary>Whether trying again is of no use until something is changed: the program is missing or not executable.</summary>
    public bool IsPermanent { get; init; }
}
