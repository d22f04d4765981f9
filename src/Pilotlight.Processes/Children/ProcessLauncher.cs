using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Pilotlight.Processes.Containment;

namespace Pilotlight.Processes;

/// <summary>Starts children, all from one thread that lives as long as they do.</summary>
/// <remarks>
/// The kernel ties a parent-death signal to the thread that spawned, not to the process: children started from pool threads
/// were killed 15–20 s later, when those retired. The thread begins with the first start.
/// </remarks>
internal sealed class ProcessLauncher : IProcessLauncher
{
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(2);

    private readonly BlockingCollection<Action> _starts = [];
    private readonly Lazy<Thread> _thread;
    private readonly IContainment _containment;
    private readonly TimeProvider _time;
    private readonly string _prefix = Guid.NewGuid().ToString("N")[..12];
    private int _count;

    public ProcessLauncher(IContainment containment, TimeProvider time)
    {
        _containment = containment;
        _time = time;
        _thread = new Lazy<Thread>(() =>
        {
            var thread = new Thread(Run) { IsBackground = true, Name = "Pilotlight spawner" };
            thread.Start();
            return thread;
        });
    }

    /// <summary>Starts a profile's process.</summary>
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
        _ = _thread.Value;
        return started.Task;
    }

    /// <inheritdoc/>
    public int Sweep() => _containment.Sweep();

    public void Dispose()
    {
        // A start can hang in the kernel (a program on a dead network drive). The thread is then left to it, and its queue with
        // it.
        _starts.CompleteAdding();
        if (!_thread.IsValueCreated || _thread.Value.Join(JoinLimit))
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
        var start = Describe(profile);
        var own = profile.Prepare?.Invoke(start.Environment);
        var isStarted = false;
        try
        {
            _containment.Prepare(start, cookie);
            var process = Process.Start(start)!;
            _containment.Adopt(process);
            isStarted = true;
            return new ChildProcess(new SystemChild(process), _containment, cookie, _time, own);
        }
        catch (ContainmentException fault)
        {
            throw new ProcessStartException(fault.Message, innerException: fault) { IsPermanent = true };
        }
        catch (Exception fault) when (fault is Win32Exception or IOException)
        {
            throw new ProcessStartException($"'{profile.FileName}' could not be started: {fault.Message}", innerException: fault);
        }
        finally
        {
            if (!isStarted)
            {
                own?.Dispose();
            }
        }
    }

    private static ProcessStartInfo Describe(ProcessProfile profile)
    {
        string[] command = [.. profile.Wrapper, profile.FileName, .. profile.Arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            WorkingDirectory = profile.WorkingDirectory ?? "",
        };
        start.Environment.Clear();
        foreach (var (name, value) in profile.Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    // The wrappers that contain a child would report these as an exit code of their own.
    private static void Check(ProcessProfile profile)
    {
        foreach (var file in profile.Wrapper.Take(1).Append(profile.FileName))
        {
            if (!File.Exists(file))
            {
                throw Permanent($"'{file}' does not exist. Install it, or correct the path.");
            }

            const UnixFileMode Execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & Execute) == 0)
            {
                throw Permanent($"'{file}' is not executable. Run 'chmod +x' on it.");
            }
        }

        if (profile.WorkingDirectory is { } folder && !Directory.Exists(folder))
        {
            throw Permanent($"The working directory '{folder}' does not exist. Create it, or correct the setting.");
        }

        static ProcessStartException Permanent(string message) => new(message) { IsPermanent = true };
    }
}
