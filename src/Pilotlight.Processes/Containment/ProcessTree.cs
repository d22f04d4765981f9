using System.ComponentModel;
using System.Diagnostics;

namespace Pilotlight.Processes.Containment;

/// <summary>What the runtime itself can do about a process and what it started.</summary>
internal static class ProcessTree
{
    public static void Kill(int processId) => With(processId, process =>
    {
        process.Kill(entireProcessTree: true);
        return 0L;
    });

    public static long? WorkingSet(int processId) => With(processId, process => process.WorkingSet64);

    private static long? With(int processId, Func<Process, long> act)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return act(process);
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null; // It has ended already.
        }
    }
}
