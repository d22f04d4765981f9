namespace Pilotlight.Claude.Permissions;

/// <summary>Calls of one process that wait for a person, in the order in which the CLI asked.</summary>
/// <remarks>Asked on the connection's tasks, answered on the turn's. A call whose question is withdrawn, or whose process ends, waits no more.</remarks>
internal sealed class WaitingCalls
{
    private readonly Lock _gate = new();
    private readonly List<(ToolPermissionRequest Request, TaskCompletionSource<ToolDecision> Answer)> _waiting = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when one more call begins to wait. Taken before <see cref="First"/> is asked.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>The call that has waited for longest; null for none.</summary>
    public ToolPermissionRequest? First
    {
        get
        {
            lock (_gate)
            {
                return _waiting is [var first, ..] ? first.Request : null;
            }
        }
    }

    /// <summary>Waits for the answer.</summary>
    public async ValueTask<ToolDecision> AskAsync(ToolPermissionRequest request, CancellationToken cancellationToken)
    {
        var asked = (Request: request, Answer: new TaskCompletionSource<ToolDecision>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            _waiting.Add(asked);
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        try
        {
            return await asked.Answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_gate)
            {
                _waiting.Remove(asked);
            }
        }
    }

    /// <summary>Answers a call; false when it does not wait.</summary>
    public bool TryAnswer(string toolUseId, ToolDecision decision)
    {
        lock (_gate)
        {
            var at = _waiting.FindIndex(one => one.Request.ToolUseId == toolUseId);
            if (at < 0)
            {
                return false;
            }

            var answer = _waiting[at].Answer;
            _waiting.RemoveAt(at);
            return answer.TrySetResult(decision);
        }
    }
}
