using Pilotlight.Claude.Turns;

namespace Pilotlight.Claude.Tools;

/// <summary>Tells when a turn can go on only with what its caller brings. Used by one turn at a time.</summary>
internal sealed class CallerCalls
{
    private readonly FunctionServer _functions;
    private readonly HashSet<string> _running = new(StringComparer.Ordinal);
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CallerCalls(FunctionServer functions)
    {
        _functions = functions;
        functions.Awaiting = () => Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    /// <summary>Completes when one more call begins to wait. Taken before <see cref="AllWait"/> is asked.</summary>
    public Task Changed => _changed.Task;

    /// <summary>Whether tools were called and each of them waits for the caller.</summary>
    public bool AllWait => _running.Count > 0 && _running.All(_functions.IsAwaited);

    /// <summary>The calls in progress.</summary>
    public IReadOnlyList<string> Running => [.. _running];

    public void Note(TurnEvent turnEvent)
    {
        switch (turnEvent)
        {
            case ToolStarted started:
                _running.Add(started.ToolUseId);
                break;
            case ToolFinished finished:
                _running.Remove(finished.ToolUseId);
                break;
        }
    }

    public void Clear() => _running.Clear();
}
