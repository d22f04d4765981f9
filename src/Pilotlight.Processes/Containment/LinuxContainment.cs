using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Pilotlight.Processes.Containment;

/// <summary>
/// Four layers, since each alone has a hole: a child that reads stdin ends by EOF; the kernel kills the others when the
/// spawning thread ends (PR_SET_PDEATHSIG, through setpriv); a guardian on a life-line pipe kills whatever carries our
/// cookie, in whatever session; and the next start sweeps what even the guardian missed.
/// </summary>
internal sealed partial class LinuxContainment : IContainment
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(5);
    private static readonly string? SetSid = Find("setsid");
    private static readonly string? SetPriv = Find("setpriv");
    private static readonly string? Unshare = Find("unshare");

    private readonly Lock _gate = new();
    private readonly OwnerCookie _owner = OwnerCookie.CreateForThisProcess();
    private readonly Lazy<string[]> _namespace;
    private readonly MarkedProcesses _marked = new(process => SendSignal(process, SigKill) == 0);
    private Guardian? _guardian;
    private bool _isGuarded;
    private bool _isDisposed;

    public LinuxContainment(bool pidNamespaces) =>
        _namespace = new Lazy<string[]>(() => pidNamespaces ? FindNamespace() : [], LazyThreadSafetyMode.PublicationOnly);

    public void Prepare(ProcessStartInfo start, string cookie)
    {
        Guard();
        start.Environment[OwnerCookie.Variable] = _owner.ToString();
        start.Environment[OwnerCookie.WorkerVariable] = cookie;

        // The child leads a session and a group of its own, so that one signal reaches all of the group; setsid and setpriv exec
        // in place, so its id is the one we are told. A namespace's is that of unshare, which waits for the child.
        List<string> wrapper = [];
        if (SetSid is not null)
        {
            wrapper.Add(SetSid);
        }

        if (SetPriv is not null)
        {
            wrapper.AddRange([SetPriv, "--pdeathsig", "KILL", "--"]);
        }

        wrapper.AddRange(_namespace.Value);

        if (wrapper.Count > 0)
        {
            wrapper.Add(start.FileName);
            start.FileName = wrapper[0];
            for (var i = wrapper.Count - 1; i > 0; i--)
            {
                start.ArgumentList.Insert(0, wrapper[i]);
            }
        }
    }

    public void Adopt(Process process)
    {
    }

    public void Terminate(int processId)
    {
        Signal(processId, SigTerm);
        Signal(processId, SigCont); // One that is stopped, by whomever, would not hear of it.
    }

    public void Kill(int processId) => Signal(processId, SigKill);

    public void Suspend(int processId) => Signal(processId, SigStop);

    public void Resume(int processId) => Signal(processId, SigCont);

    public long? MemoryOf(int processId) => ProcFileSystem.ProportionalSetSizeOfTree(processId);

    public long? OwnMemoryOf(int processId) => ProcFileSystem.OwnMemoryOfTree(processId);

    public async Task<int> KillRestAsync(int processId, string cookie)
    {
        // A group's id is not given out again while the group has members, so this reaches ours or nobody.
        var reached = SendSignal(-processId, SigKill) == 0 ? 1 : 0;
        return reached + await KillMarkedAsync(cookie);
    }

    public Task<int> KillMarkedAsync(string cookie) => _marked.KillAsync(cookie);

    public int Sweep()
    {
        var killed = 0;
        foreach (var (process, value) in ProcFileSystem.Environments(OwnerCookie.Variable))
        {
            if (OwnerCookie.TryParse(value, out var owner)
                && owner.IsOfThisMachine && !owner.IsAlive
                && SendSignal(process, SigKill) == 0)
            {
                killed++;
            }
        }

        return killed;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _guardian?.Dispose();
        }
    }

    // Before the first child. One that is started in the middle of a disposal would have no guardian, and nobody who ends it.
    private void Guard()
    {
        lock (_gate)
        {
            if (_isDisposed)
            {
                throw new ContainmentException("The process pool has been disposed of; it starts no more processes.");
            }

            if (!_isGuarded)
            {
                _isGuarded = true;
                _guardian = Guardian.TryStart(_owner);
            }
        }
    }

    // Tried once, with a program that does nothing: with rights, else in a user namespace that maps us to ourselves.
    private static string[] FindNamespace()
    {
        var fault = "there is no 'unshare' program; install util-linux";
        if (Unshare is not null)
        {
            foreach (var rights in (string[][])[[], ["--user", "--map-current-user"]])
            {
                string[] wrapper = [Unshare, .. rights, "--pid", "--mount-proc", "--fork", "--kill-child=KILL", "--"];
                var start = new ProcessStartInfo(Unshare, [.. wrapper[1..], "/bin/true"]) { RedirectStandardError = true };
                using var attempt = Process.Start(start)!;
                if (!attempt.WaitForExit(AttemptLimit))
                {
                    attempt.Kill(entireProcessTree: true);
                    fault = $"'{Unshare}' took longer than {AttemptLimit}";
                }
                else if (attempt.ExitCode == 0)
                {
                    return wrapper;
                }
                else
                {
                    fault = attempt.StandardError.ReadToEnd().Trim();
                }
            }
        }

        throw new ContainmentException(
            $"A pid namespace is not to be had here: {fault}. "
            + "Allow user namespaces, or set Pilotlight:Pool:Isolation to Standard.");
    }

    private static void Signal(int processId, int signal)
    {
        // Without setsid there is no group of its own to reach.
        if (SendSignal(SetSid is null ? processId : -processId, signal) != 0)
        {
            _ = SendSignal(processId, signal);
        }
    }

    private static string? Find(string program) =>
        File.Exists("/usr/bin/" + program) ? "/usr/bin/" + program : File.Exists("/bin/" + program) ? "/bin/" + program : null;

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
