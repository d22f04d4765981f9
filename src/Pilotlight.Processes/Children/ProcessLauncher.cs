using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Pilotlight.Processes.Containment;

namespace Pilotlight.Processes;

/// <summary>Starts children, all from one thread that lives as long as they do.</summary>
/// <remarks>
/// The kernel ties a parent-death signal to the thread that spawned, not to the process: children started from pool threads
/// were killed 15–20 s later, when those retired.
/// </remarks>
internal sealed class ProcessLauncher : IDisposable
{
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(2);

    private readonly BlockingCollection<Action> _starts = [];
    private readonly Thread _thread;
    private readonly IContainment _containment;
    private readonly TimeProvider _time;
    private readonly string _prefix = Guid.NewGuid().ToString("N")[..12];
    private int _count;

    public ProcessLauncher(IContainment containment, TimeProvider time)
    {
        _containment = containment;
        _time = time;
        _thread = new Thread(Run) { IsBackground = true, Name = "Pilotlight spawner" };
        _thread.Start();
    }

    /// <exception cref="ProcessStartException">The program is missing, is not executable, or could not be started.</exception>
    public Task<ChildProcess> StartAsync(ProcessProfile profile)
    {
        var started = new TaskCompletionSource<ChildProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        _starts.Add(() =>
        {
            try
            {
                started.SetResult(Start(profile));
            }
            catch (Exception fault)
            {
                started.SetException(fault);
            }
        });
        return started.Task;
    }

    public void Dispose()
    {
        // A start can hang in the kernel (a program on a dead network drive). The thread is then left to it, and its queue with it.
        _starts.CompleteAdding();
        if (_thread.Join(JoinLimit))
        {
            _starts.Dispose();
        }

        _containment.Dispose();
    }

    private void Run()
    {
        foreach (var start in _starts.GetConsumingEnumerable())
        {
            start();
        }
    }

    private ChildProcess Start(ProcessProfile profile)
    {
        Check(profile);
        var cookie = _prefix + "." + Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo(profile.FileName)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = profile.WorkingDirectory ?? "",
        };
        foreach (var argument in profile.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach (var (name, value) in profile.Environment)
        {
            start.Environment[name] = value;
        }

        var own = profile.Prepare?.Invoke(start.Environment);
        try
        {
            _containment.Prepare(start, cookie);
            var process = Process.Start(start)!;
            _containment.Adopt(process);
            return new ChildProcess(process, _containment, cookie, _time, own);
        }
        catch (Exception fault)
        {
            own?.Dispose();
            if (fault is not (Win32Exception or IOException))
            {
                throw;
            }

            throw new ProcessStartException($"'{profile.FileName}' could not be started: {fault.Message}", innerException: fault);
        }
    }

    // The wrappers that contain a child would report these as an exit code of their own.
    private static void Check(ProcessProfile profile)
    {
        if (!File.Exists(profile.FileName))
        {
            throw new ProcessStartException($"'{profile.FileName}' does not exist. Install it, or correct the path.") { IsPermanent = true };
        }

        const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(profile.FileName) & Execute) == 0)
        {
            throw new ProcessStartException($"'{profile.FileName}' is not executable. Run 'chmod +x' on it.") { IsPermanent = true };
        }

        if (profile.WorkingDirectory is { } folder && !Directory.Exists(folder))
        {
            throw new ProcessStartException($"The working directory '{folder}' does not exist. Create it, or correct the setting.") { IsPermanent = true };
        }
    }
}
