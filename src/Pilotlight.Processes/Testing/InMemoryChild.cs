using System.IO.Pipelines;
using System.Text;

namespace Pilotlight.Processes.Testing;

/// <summary>A process as the program that plays it sees it.</summary>
public sealed class InMemoryChild : IChild
{
    private const int Failed = 1;

    private readonly Pipe _input = new();
    private readonly Pipe _output = new();
    private readonly Pipe _errors = new();
    private readonly CancellationTokenSource _told = new();
    private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stream _ourInput;
    private readonly Stream _ourOutput;
    private readonly Stream _ourErrors;

    internal InMemoryChild(int id, ProcessProfile profile, IReadOnlyDictionary<string, string?> environment)
    {
        (Id, Profile, Environment) = (id, profile, environment);
        _ourInput = _input.Writer.AsStream();
        _ourOutput = _output.Reader.AsStream();
        _ourErrors = _errors.Reader.AsStream();
    }

    /// <summary>Its id, as <see cref="ChildProcess.Id"/> says it; no process of the system has it.</summary>
    public int Id { get; }

    /// <summary>What it was started as.</summary>
    public ProcessProfile Profile { get; }

    /// <summary>The profile's environment, and what was prepared for this process alone.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; }

    /// <summary>What the lessee writes to it.</summary>
    public PipeReader Input => _input.Reader;

    /// <summary>What the lessee reads of it.</summary>
    public PipeWriter Output => _output.Writer;

    /// <summary>Its stderr.</summary>
    public PipeWriter Errors => _errors.Writer;

    Stream IChild.Input => _ourInput;

    Stream IChild.Output => _ourOutput;

    Stream IChild.Errors => _ourErrors;

    /// <summary>Plays the program to its end; never faults.</summary>
    internal async Task PlayAsync(InMemoryProgram program)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            End(await program(this, _told.Token));
        }
        catch (OperationCanceledException) when (_told.IsCancellationRequested)
        {
            End(128 + InMemoryContainment.Terminated);
        }
        catch (Exception fault)
        {
            await _errors.Writer.WriteAsync(Encoding.UTF8.GetBytes(fault.Message + "\n"), CancellationToken.None);
            End(Failed);
        }
    }

    internal Task TellToEndAsync() => _told.CancelAsync();

    /// <summary>Ends it, once; the program may go on, and nobody hears of it any more.</summary>
    internal void End(int exitCode)
    {
        if (_ended.TrySetResult(exitCode))
        {
            // Whoever writes on is told so, as by a broken pipe.
            _input.Reader.Complete(new IOException($"Process {Id} has ended."));
            _output.Writer.Complete();
            _errors.Writer.Complete();
        }
    }

    void IChild.WhenEnded(Action<int> ended) => _ = _ended.Task.ContinueWith(
        static (done, state) => ((Action<int>)state!)(done.Result),
        ended,
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    void IDisposable.Dispose() => End(128 + InMemoryContainment.Killed);
}
