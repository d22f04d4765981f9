using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Pilotlight.Processes.Containment;

/// <summary>
/// Where there is neither <c>/proc</c> nor setsid: children that read stdin end by its EOF, a kill goes down the tree as the
/// runtime sees it, and a guardian on a life line is told each child's id and kills those trees when we are gone. Compiled, and
/// not tested, on macOS.
/// </summary>
internal sealed class MacContainment : IContainment
{
    // "+ID" and "-ID" come as children come and go; the end of input is our end. A tree is collected before any of it is
    // killed: an orphan no longer says whose it was.
    private const string Script =
        """
        exec >/dev/null 2>&1
        ids=""
        while read -r line; do
          case "$line" in
            +*) ids="$ids ${line#+}" ;;
            -*) rest=""; for id in $ids; do [ "$id" = "${line#-}" ] || rest="$rest $id"; done; ids="$rest" ;;
          esac
        done
        tree() { for child in $(pgrep -P "$1"); do tree "$child"; done; all="$all $1"; }
        all=""
        for id in $ids; do tree "$id"; done
        for id in $all; do kill -9 "$id"; done
        """;

    private readonly Lock _gate = new();
    private readonly Lazy<Process?> _guardian = new(StartGuardian);

    public void Prepare(ProcessStartInfo start, string cookie) => start.Environment[OwnerCookie.WorkerVariable] = cookie;

    public void Adopt(Process process)
    {
        var id = process.Id;
        Tell('+', id);
        process.Exited += (_, _) => Tell('-', id);
    }

    public void Terminate(int processId) => Kill(processId);

    public void Kill(int processId) => ProcessTree.Kill(processId);

    public Task<int> KillRestAsync(int processId, string cookie) => Task.FromResult(0);

    public Task<int> KillMarkedAsync(string cookie) => Task.FromResult(0);

    public void Suspend(int processId)
    {
    }

    public void Resume(int processId)
    {
    }

    public long? MemoryOf(int processId) => ProcessTree.WorkingSet(processId);

    public long? OwnMemoryOf(int processId) => null;

    public int Sweep() => 0;

    public void Dispose()
    {
        if (_guardian is { IsValueCreated: true, Value: { } guardian })
        {
            guardian.StandardInput.Dispose();
            guardian.Dispose();
        }
    }

    private static Process? StartGuardian()
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", Script])
        {
            RedirectStandardInput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        try
        {
            return Process.Start(start);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private void Tell(char sign, int processId)
    {
        lock (_gate)
        {
            try
            {
                _guardian.Value?.StandardInput.Write(string.Create(CultureInfo.InvariantCulture, $"{sign}{processId}\n"));
                _guardian.Value?.StandardInput.Flush();
            }
            catch (Exception fault) when (fault is IOException or ObjectDisposedException)
            {
                // The guardian is gone: EOF remains.
            }
        }
    }
}
