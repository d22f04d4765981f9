using System.Diagnostics;

namespace Pilotlight.Processes.Containment;

/// <summary>Keeps children, and what they start, from outliving their owner: one implementation an operating system.</summary>
internal interface IContainment : IDisposable
{
    /// <summary>Changes a start so that the child can be reached later, and marks it as <paramref name="cookie"/>'s.</summary>
    /// <exception cref="ContainmentException">What was asked for cannot be had on this machine.</exception>
    void Prepare(ProcessStartInfo start, string cookie);

    /// <summary>Takes charge of a child that has just been started.</summary>
    void Adopt(Process process);

    /// <summary>Asks the child and its group to end.</summary>
    void Terminate(int processId);

    /// <summary>Ends the child and its group.</summary>
    void Kill(int processId);

    /// <summary>
    /// After a child's end: ends what is left of its group and whatever else carries its cookie; returns how many that were.
    /// </summary>
    Task<int> KillRestAsync(int processId, string cookie);

    /// <summary>Ends whatever carries the cookie, the group left alone: its id may be another's by now.</summary>
    Task<int> KillMarkedAsync(string cookie);

    /// <summary>Stops the child and its group until <see cref="Resume"/>.</summary>
    void Suspend(int processId);

    /// <summary>Lets a stopped child and its group run on.</summary>
    void Resume(int processId);

    /// <summary>Bytes of memory of the child and of what it started; null when that cannot be told.</summary>
    long? MemoryOf(int processId);

    /// <summary>The same without files that are in memory, as a limit counts: nothing that the child does hides it. Null when that cannot be told.</summary>
    long? OwnMemoryOf(int processId);

    /// <summary>Ends what earlier owners left behind; returns how many processes that were.</summary>
    int Sweep();
}

/// <summary>Chooses this machine's.</summary>
internal static class Containments
{
    /// <summary>Makes one that has started nothing yet.</summary>
    /// <param name="pidNamespaces">Whether each child gets a pid namespace of its own; Linux alone has them.</param>
    public static IContainment Create(bool pidNamespaces) =>
        OperatingSystem.IsLinux() ? new LinuxContainment(pidNamespaces)
        : OperatingSystem.IsWindows() ? new WindowsContainment()
        : new MacContainment();
}
