using System.ComponentModel;
using System.Diagnostics;

namespace Pilotlight.Processes.Containment;

/// <summary>
/// Where there is neither <c>/proc</c> nor setsid: children that read stdin end by its EOF, and a kill goes down the tree as
/// the runtime sees it. Compiled, and not tested, on macOS and Windows.
/// </summary>
internal sealed class PortableContainment : IContainment
{
    public void Prepare(ProcessStartInfo start, string cookie) => start.Environment[OwnerCookie.WorkerVariable] = cookie;

    public void Terminate(int processId) => Kill(processId);

    public void Kill(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It has ended already.
        }
    }

    public void KillRest(int processId, string cookie)
    {
    }

    public int Sweep() => 0;

    public void Dispose()
    {
    }
}
