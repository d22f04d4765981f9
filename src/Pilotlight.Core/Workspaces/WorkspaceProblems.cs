using Pilotlight.Core.Problems;

namespace Pilotlight.Core.Workspaces;

/// <summary>What stands against work on a thread's files.</summary>
internal static class WorkspaceProblems
{
    public static ProblemException NoWorkspace(string threadId, string? profile) => new(new Problem(
        ProblemKinds.NoWorkspace, "The thread has no workspace", $"The profile '{profile ?? "chat"}' of thread '{threadId}' gives none; one with Workspace: Thread does."));

    public static ProblemException NoFile(string threadId, string? path) => new(new Problem(
        ProblemKinds.FileNotFound, "There is no such file", $"There is no '{path}' in the workspace of thread '{threadId}'. GET /api/threads/{threadId}/files lists what is there."));

    public static ProblemException Full(string threadId, long limit) => new(new Problem(
        ProblemKinds.WorkspaceFull, "The workspace is full", $"The workspace of thread '{threadId}' may have {limit} bytes (Limits:Workspace of its profile). Delete something, or send less."));
}
