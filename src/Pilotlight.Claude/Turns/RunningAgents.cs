using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Turns;

/// <summary>The subagents of one turn that go on while the model answers. Plain state; one instance a turn.</summary>
internal sealed class RunningAgents
{
    private readonly HashSet<string> _running = new(StringComparer.Ordinal);
    private readonly HashSet<string> _agents = new(StringComparer.Ordinal);

    /// <summary>Whether the turn began any: then the model may have more to say after its answer.</summary>
    public bool Any { get; private set; }

    /// <summary>Whether one is at work.</summary>
    public bool AreRunning => _running.Count > 0;

    /// <summary>Takes what has become of a task.</summary>
    public void Take(CliTask task)
    {
        if (task.Type == "local_agent")
        {
            _agents.Add(task.TaskId);
        }

        if (task.Status is "completed" or "failed" or "killed" or "stopped")
        {
            _running.Remove(task.TaskId);
        }
        else if (task.IsBackground == true && _agents.Contains(task.TaskId))
        {
            _running.Add(task.TaskId);
            Any = true;
        }
    }
}
