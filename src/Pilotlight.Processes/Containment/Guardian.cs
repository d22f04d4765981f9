using System.ComponentModel;
using System.Diagnostics;

namespace Pilotlight.Processes.Containment;

/// <summary>
/// A shell that waits on a pipe which only we hold open. When we die, however we die, it reads the end of it and kills all
/// that carries our cookie, then ends itself. One that is killed itself is replaced.
/// </summary>
/// <remarks>Safe for concurrent use.</remarks>
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

    // Whoever kills it more often than that means it.
    private const int MostReplacements = 10;

    private readonly Lock _gate = new();
    private readonly OwnerCookie _owner;
    private Process? _process;
    private int _replacements;
    private bool _isOver;

    private Guardian(OwnerCookie owner) => _owner = owner;

    /// <summary>The shell's process; another one after somebody has killed it.</summary>
    public int ProcessId
    {
        get
        {
            lock (_gate)
            {
                return _process!.Id;
            }
        }
    }

    /// <summary>Starts one, or returns null where there is no shell for it: the other layers remain.</summary>
    public static Guardian? TryStart(OwnerCookie owner)
    {
        var guardian = new Guardian(owner);
        return guardian.TryStart() ? guardian : null;
    }

    // On an ordered stop everything has ended already; the last rounds find nothing.
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            if (_process is not null)
            {
                _process.EnableRaisingEvents = false;
                _process.StandardInput.Dispose();
                _process.Dispose();
            }
        }
    }

    private bool TryStart()
    {
        var process = new Process { StartInfo = Describe(_owner), EnableRaisingEvents = true };
        process.Exited += (_, _) => Replace(process);
        lock (_gate)
        {
            try
            {
                process.Start();
                _process = process;
                return true;
            }
            catch (Win32Exception)
            {
                process.Dispose();
                return false;
            }
        }
    }

    // Killed by somebody, or for want of memory: those that it was to kill are still there.
    private void Replace(Process ended)
    {
        lock (_gate)
        {
            if (!_isOver && _process == ended && _replacements++ < MostReplacements && TryStart())
            {
                ended.Dispose();
            }
        }
    }

    private static ProcessStartInfo Describe(OwnerCookie owner)
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

        return start;
    }
}
