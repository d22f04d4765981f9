namespace Pilotlight.Claude.Workspaces;

/// <summary>What a profile gives each conversation to work in.</summary>
/// <param name="Source">What it begins as; null is empty.</param>
/// <param name="Limit">How large it may become, in bytes.</param>
internal sealed record WorkspaceSettings(WorkspaceSource? Source, long Limit)
{
    /// <summary>Those of a profile; null where conversations have no folder of their own.</summary>
    public static WorkspaceSettings? Of(AgentProfileOptions? agent) => agent is not { HasThreadWorkspace: true }
        ? null
        : new WorkspaceSettings(agent.WorkspaceFrom is { Length: > 0 } from ? new WorkspaceSource(Path.GetFullPath(from)) : null, agent.Limits.Workspace);
}
