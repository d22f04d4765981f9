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
/// always drained. What waits for the process itself goes by the machine's clock: a child lives in real time whatever clock
/// the pool's policy goes by.
/// </remarks>
public sealed class ChildProcess : IAsyncDisposable
{
    private const int ErrorTailBytes = 8 * 1024;

    // From SIGKILL to its end; longer only when the kernel holds it (a dead disk, a frozen cgroup).
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan StateLimit = TimeSpan.FromSeconds(5);

    private readonly IChild _child;
    private readonly IContainment _containment;
    private readonly Remains _remains;
    private readonly TimeProvider _time;
    private readonly StandardErrorTail _errors;
    private readonly DoorbellPipeWriter _input;
    private readonly Task _errorsDrained;
    private readonly TaskCompletionSource<ProcessExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _stopGate = new();
    private volatile bool _isKilled;
    private Task<ProcessExit>? _stopping;
    private Task? _disposing;

    /// <param name="child">The started process.</param>
    /// <param name="containment">What reaches all that it starts.</param>
    /// <param name="cookie">Its mark.</param>
    /// <param name="time">The clock of the times that it tells.</param>
    /// <param name="own">What was made ready for it alone; goes with it.</param>
    internal ChildProcess(IChild child, IContainment containment, string cookie, TimeProvider time, IDisposable? own = null)
    {
        _child = child;
        _containment = containment;
        _time = time;
        Own = own;
        Id = child.Id;
        StartedAt = time.GetUtcNow();
        _remains = new Remains(containment, Id, cookie);
        _input = new DoorbellPipeWriter(PipeWriter.Create(child.Input, new StreamPipeWriterOptions(leaveOpen: true)));
        Output = PipeReader.Create(child.Output, new StreamPipeReaderOptions(bufferSize: 16 * 1024, leaveOpen: true));
        _errors = new StandardErrorTail(child.Errors, ErrorTailBytes);
        _errorsDrained = _errors.DrainAsync();
        child.WhenEnded(code => _ = OnExitedAsync(code));
    }

    /// <summary>The process id.</summary>
    public int Id { get; }

    /// <summary>What <see cref="ProcessProfile.Prepare"/> made ready for it; null for nothing. Disposed of with it.</summary>
    public IDisposable? Own { get; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>Its stdin.</summary>
    public PipeWriter Input => _input;

    /// <summary>Its stdout; what a warm-up left unread is still in it.</summary>
    public PipeReader Output { get; }

    /// <summary>Completes when it has ended and what it left behind was ended too; never faults.</summary>
    public Task<ProcessExit> Exited => _exited.Task;

    /// <summary>
    /// Whether its end has been noticed, which takes up to a few milliseconds; a moment before <see cref="Exited"/>.
    /// </summary>
    public bool HasExited => _ended.Task.IsCompleted;

    /// <summary>The last 8 KiB of its stderr.</summary>
    public string ErrorTail => _errors.ToString();

    /// <summary>Ends it, gently first: stdin is closed, then SIGTERM, then SIGKILL to the whole group. Idempotent.</summary>
    /// <remarks>
    /// One that was killed hears nothing more: where the kill takes a moment, behind walls, an end of its input would have it say its last words.
    /// Takes no cancellation token on purpose: a stop that was begun is finished, within the grace and three seconds. One that
    /// the kernel does not let go even then is given up (<see cref="ProcessExit.IsConfirmed"/>).
    /// </remarks>
    public Task<ProcessExit> StopAsync(StopGrace? grace = null)
    {
        lock (_stopGate)
        {
            return _stopping ??= StopCoreAsync(grace ?? StopGrace.Default);
        }
    }

    /// <summary>Sends SIGKILL to it and to its group, now.</summary>
    public void Kill()
    {
        _isKilled = true;
        SignalIfAlive(_containment.Kill);
    }

    /// <summary>What the warm-up leaves for the lessee; <see cref="ProcessProfile{TState}"/> gives it its type.</summary>
    internal object? State { get; set; }

    /// <summary>Rings after the next write to <see cref="Input"/>, once.</summary>
    internal void RingAfterWrite(Action bell) => _input.Arm(bell);

    /// <summary>Completes as soon as its end is noticed, before anything is done about it.</summary>
    internal Task Ended => _ended.Task;

    internal void Suspend() => SignalIfAlive(_containment.Suspend);

    internal void Resume() => SignalIfAlive(_containment.Resume);

    /// <summary>Bytes of memory of it and of what it started; null when unknown.</summary>
    internal long? MemoryBytes => HasExited ? null : _containment.MemoryOf(Id);

    /// <summary>The same without files that are in memory; null when unknown.</summary>
    internal long? OwnMemoryBytes => HasExited ? null : _containment.OwnMemoryOf(Id);

    /// <summary>
    /// Stops it if it still runs, and closes its pipes; throws what disposing of the warm-up's state throws, after that. Whoever
    /// calls it again waits for the same end.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_stopGate)
        {
            return new ValueTask(_disposing ??= DisposeCoreAsync());
        }
    }

    private async Task DisposeCoreAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // Off the lock.
        var exit = await StopAsync();
        try
        {
            await DisposeStateAsync().WaitAsync(StateLimit);
        }
        finally
        {
            await ClosePipesAsync();
            _child.Dispose();
            Own?.Dispose();
            _ended.TrySetResult(); // Nobody will be told of its end any more.
            _exited.TrySetResult(exit);
        }
    }

    private async Task<ProcessExit> StopCoreAsync(StopGrace grace)
    {
        if (Exited.IsCompleted)
        {
            return await Exited;
        }

        if (!_isKilled)
        {
            CloseInput();
            if (await EndsWithinAsync(grace.CloseInput))
            {
                return await Exited;
            }

            SignalIfAlive(_containment.Terminate);
            if (await EndsWithinAsync(grace.Terminate))
            {
                return await Exited;
            }
        }

        SignalIfAlive(_containment.Kill);
        return await EndsWithinAsync(KillLimit)
            ? await Exited
            : new ProcessExit(ProcessExit.Unknown, ErrorTail, _time.GetUtcNow()) { IsConfirmed = false };
    }

    private async Task<bool> EndsWithinAsync(TimeSpan limit)
    {
        try
        {
            await Exited.WaitAsync(limit);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task DisposeStateAsync()
    {
        switch (State)
        {
            case IAsyncDisposable state:
                await state.DisposeAsync();
                break;
            case IDisposable state:
                state.Dispose();
                break;
        }
    }

    // Process.Dispose alone leaves the three descriptors to the garbage collector once the streams were touched. The streams
    // come first: that breaks off whoever still reads or writes, also where a grandchild out of our reach holds the other end.
    private async Task ClosePipesAsync()
    {
        CloseInput();
        await _child.Output.DisposeAsync();
        await _child.Errors.DisposeAsync();
        await Task.WhenAny(_errorsDrained, Task.Delay(LastWords));

        // With a fault, so that what was not flushed is dropped and not written to a closed pipe.
        await Input.CompleteAsync(new ObjectDisposedException(nameof(ChildProcess)));
        await Output.CompleteAsync();
    }

    private void CloseInput()
    {
        try
        {
            _child.Input.Dispose();
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

    private async Task OnExitedAsync(int code)
    {
        _ended.TrySetResult();

        // Its tools first, which would otherwise outlive it in sessions of their own; its last words come after, unless somebody
        // else still holds its stderr open.
        var left = await _remains.EndAsync();
        await Task.WhenAny(_errorsDrained, Task.Delay(LastWords));
        _exited.TrySetResult(new ProcessExit(code, ErrorTail, _time.GetUtcNow()));
        await _remains.EndLateAsync(isSuspicious: left > 0 || code != 0);
    }
}
