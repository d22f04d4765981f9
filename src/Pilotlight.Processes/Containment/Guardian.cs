using System.ComponentModel;
using System.Diagnostics;

namespace Pilotlight.Processes.Containment;

/// <summary>
/// A shell that waits on a pipe which only we hold open. When we die, however we die, it reads the end of it and kills all
/// that carries our cookie, then ends itself.
/// </summary>
internal sealed class Guardian : IDisposable
{
    // Until ten rounds in a row have found nothing: a child caught between fork and exec shows its parent's environment, and on a
    // busy machine that can last. The guardian's own environment is empty, so it does not find itself; its stdio is let go, so
    // that nobody waits for it. A hundred rounds are the most: what the kernel holds cannot be killed.
    private const string Script =
        """
        exec >/dev/null 2>&1
        while read -r _; do :; done
        quiet=0 round=0
        while [ "$quiet" -lt 10 ] && [ "$round" -lt 100 ]; do
          quiet=$((quiet + 1)) round=$((round + 1))
          for file in $(grep -lsaF "$1" /proc/[0-9]*/environ); do
            id=${file#/proc/}
            kill -9 "${id%/environ}"
            quiet=0
          done
          sleep 0.1
        done
        """;

    private readonly Process _process;

    private Guardian(Process process) => _process = process;

    public static Guardian? TryStart(OwnerCookie owner)
    {
        var start = new ProcessStartInfo("/usr/bin/setsid")
        {
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin";
        foreach (var argument in new[] { "/bin/sh", "-c", Script, "pilotlight-guardian", $"{OwnerCookie.Variable}={owner}" })
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            return new Guardian(Process.Start(start)!);
        }
        catch (Win32Exception)
        {
            // No setsid or no shell: the other layers remain.
            return null;
        }
    }

    // On an ordered stop everything has ended already; the last rounds find nothing.
    public void Dispose()
    {
        _process.StandardInput.Dispose();
        _process.Dispose();
    }
}
