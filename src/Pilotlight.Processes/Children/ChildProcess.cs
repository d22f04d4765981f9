using System.Diagnostics;
using System.IO.Pipelines;
using Pilotlight.Processes.Containment;

namespace Pilotlight.Processes;

/// <summary>How long each step of a stop may take before the next, harder one.</summary>
/// <param name="CloseInput">From closing stdin to SIGTERM.</param>
/// <param name="Terminate">From SIGTERM to SIGKILL.</param>
public sealed record StopGrace(TimeSpan CloseInput, TimeSpan Terminate)
{
    /// <summary>2 s, then 3 s.</summary>
    public static StopGrace Default { get; } = new(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3));
}

/// <summary>One child process from its start to its confirmed end, with all that it starts itself.</summary>
/// <remarks>
/// <see cref="Input"/> takes one writer and <see cref="Output"/> one reader; the rest is safe for concurrent use. stderr is
/// always drained.
/// </remarks>
public sealed class ChildProcess : IAsyncDisposable
{
    private const int ErrorTailBytes = 8 * 1024;
    private static readonly TimeSpan[] LateLooks = [TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(80), TimeSpan.FromMilliseconds(300)];

    private readonly Process _process;
    private readonly IContainment _containment;
    private readonly string _cookie;
    private readonly TimeProvider _time;
    private readonly StandardErrorTail _errors;
    private readonly DoorbellPipeWriter _input;
    private readonly Task _errorsDrained;
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _stopGate = new();
    private Task<ProcessExit>? _stopping;
    private int _disposed;

    internal ChildProcess(Process process, IContainment containment, string cookie, TimeProvider time)
    {
        _process = process;
        _containment = containment;
        _cookie = cookie;
        _time = time;
        Id = process.Id;
        StartedAt = time.GetUtcNow();
        _input = new DoorbellPipeWriter(PipeWriter.Create(process.StandardInput.BaseStream, new StreamPipeWriterOptions(leaveOpen: true)));
        Output = PipeReader.Create(process.StandardOutput.BaseStream, new StreamPipeReaderOptions(bufferSize: 16 * 1024, leaveOpen: true));
        _errors = new StandardErrorTail(process.StandardError.BaseStream, ErrorTailBytes);
        _errorsDrained = _errors.DrainAsync();
        process.Exited += (_, _) => _ = OnExitedAsync();
        process.EnableRaisingEvents = true;
    }

    /// <summary>The process id.</summary>
    public int Id { get; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>Its stdin.</summary>
    public PipeWriter Input => _input;

    /// <summary>Its stdout; what a warm-up left unread is still in it.</summary>
    public PipeReader Output { get; }

    /// <summary>Completes when it has ended; never faults.</summary>
    public Task<ProcessExit> Exited => _exited.Task;

    /// <summary>Whether its end has been noticed, which takes up to a few milliseconds.</summary>
    public bool HasExited => _exited.Task.IsCompleted;

    /// <summary>The last 8 KiB of its stderr.</summary>
    public string ErrorTail => _errors.ToString();

    /// <summary>What the warm-up leaves for the lessee; disposed with the process if it can be.</summary>
    public object? State { get; set; }

    /// <summary>Ends it, gently first: stdin is closed, then SIGTERM, then SIGKILL to the whole group. Idempotent.</summary>
    /// <remarks>Takes no cancellation token on purpose: a stop that was begun is finished.</remarks>
    public Task<ProcessExit> StopAsync(StopGrace? grace = null)
    {
        lock (_stopGate)
        {
            return _stopping ??= StopCoreAsync(grace ?? StopGrace.Default);
        }
    }

    /// <summary>Sends SIGKILL to it and to its group, now.</summary>
    public void Kill() => SignalIfAlive(_containment.Kill);

    /// <summary>Rings after the next write to <see cref="Input"/>, once.</summary>
    internal void RingAfterWrite(Action bell) => _input.Arm(bell);

    internal void Suspend() => SignalIfAlive(_containment.Suspend);

    internal void Resume() => SignalIfAlive(_containment.Resume);

    /// <summary>Bytes of memory of it and of what it started; null when unknown.</summary>
    internal long? MemoryBytes => HasExited ? null : _containment.MemoryOf(Id);

    /// <summary>Stops it if it still runs, and closes its pipes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await StopAsync();
        switch (State)
        {
            case IAsyncDisposable state:
                await state.DisposeAsync();
                break;
            case IDisposable state:
                state.Dispose();
                break;
        }

        await Input.CompleteAsync();
        await Output.CompleteAsync();

        // Process.Dispose alone leaves the three descriptors to the garbage collector once the streams were touched. Closing
        // stderr also ends its drain when a grandchild outside our reach still holds the other end.
        CloseInput();
        await _process.StandardOutput.BaseStream.DisposeAsync();
        await _process.StandardError.BaseStream.DisposeAsync();
        await _errorsDrained;
        await _over.Task;
        _process.Dispose();
    }

    private async Task<ProcessExit> StopCoreAsync(StopGrace grace)
    {
        if (!HasExited)
        {
            CloseInput();
            if (!await EndsWithinAsync(grace.CloseInput))
            {
                _containment.Terminate(Id);
                if (!await EndsWithinAsync(grace.Terminate))
                {
                    _containment.Kill(Id);
                }
            }
        }

        return await Exited;
    }

    private async Task<bool> EndsWithinAsync(TimeSpan limit)
    {
        try
        {
            await Exited.WaitAsync(limit, _time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private void CloseInput()
    {
        try
        {
            _process.StandardInput.BaseStream.Dispose();
        }
        catch (IOException)
        {
            // What was buffered could not be written: nobody is there to read it.
        }
    }

    // Once its end was noticed its id may be another's.
    private void SignalIfAlive(Action<int> signal)
    {
        if (!HasExited)
        {
            signal(Id);
        }
    }

    private async Task OnExitedAsync()
    {
        var left = 0;
        try
        {
            // Its tools first, which would otherwise outlive it in sessions of their own; its last words come after.
            left = await _containment.KillRestAsync(Id, _cookie);
            await _errorsDrained.WaitAsync(TimeSpan.FromMilliseconds(100));
        }
        catch (TimeoutException)
        {
            // Somebody else still holds its stderr open.
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // /proc could not be read: the guardian and the next start's sweep remain.
        }

        var exit = new ProcessExit(_process.ExitCode, ErrorTail, _time.GetUtcNow());
        _exited.TrySetResult(exit);

        if (left > 0 || exit.ExitCode != 0)
        {
            await KillLateRestAsync();
        }

        _over.TrySetResult();
    }

    // One that had tools, or was torn away, may have been in the middle of starting another: until its exec is over that has no
    // environment to be known by. So these are looked for again, by the machine's clock: the wait is for the kernel, and a clock
    // that a test holds still would hold up the end for ever.
    private async Task KillLateRestAsync()
    {
        foreach (var delay in LateLooks)
        {
            await Task.Delay(delay);
            try
            {
                await _containment.KillMarkedAsync(_cookie);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // As above.
            }
        }
    }
}
