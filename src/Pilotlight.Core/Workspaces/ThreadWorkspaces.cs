using System.Runtime.Versioning;
using Pilotlight.Claude.Profiles;
using Pilotlight.Claude.Workspaces;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Workspaces;

/// <summary>The files of a thread's workspace, as its owner may see and change them while an agent works on them. Safe for concurrent use.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ThreadWorkspaces(ThreadService threads, ClaudeProfiles profiles, WorkspaceStore store)
{
    private readonly WorkspaceFiles _files = new(store);

    /// <summary>What is in a folder; null when there is none by that path.</summary>
    public async Task<IReadOnlyList<WorkspaceEntry>?> ListAsync(Caller caller, string threadId, string? path, CancellationToken cancellationToken)
    {
        var (_, parts) = await RequireAsync(caller, threadId, path, cancellationToken);
        return Try(path, () => _files.List(threadId, parts)) ?? (parts.Length == 0 ? [] : null); // None has been begun yet.
    }

    /// <summary>A file, to be read and disposed of.</summary>
    public async Task<FileStream> OpenAsync(Caller caller, string threadId, string? path, CancellationToken cancellationToken)
    {
        var (_, parts) = await RequireAsync(caller, threadId, path, cancellationToken);
        return Try(path, () => _files.Open(threadId, parts)) ?? throw WorkspaceProblems.NoFile(threadId, path);
    }

    /// <summary>Writes a file, with the folders on its way; whether it is new.</summary>
    public async Task<bool> WriteAsync(Caller caller, string threadId, string? path, Stream content, CancellationToken cancellationToken)
    {
        var (workspace, parts) = await RequireAsync(caller, threadId, path, cancellationToken);
        if (parts.Length == 0)
        {
            throw RequestProblems.Invalid("The path of a file is missing: PUT /api/threads/{id}/files/a/b.txt.");
        }

        var folder = await Task.Run(() => store.Begin(threadId, workspace.Source), cancellationToken);
        var left = workspace.Limit - WorkspaceSize.Of(folder);
        var staged = store.Stage();
        try
        {
            await using (var file = new FileStream(staged, FileMode.CreateNew, FileAccess.Write))
            {
                var buffer = new byte[81920];
                for (int read; (read = await content.ReadAsync(buffer, cancellationToken)) > 0;)
                {
                    left -= read;
                    if (left < 0)
                    {
                        throw WorkspaceProblems.Full(threadId, workspace.Limit);
                    }

                    await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                }
            }

            return Try(path, () => _files.Put(threadId, parts, staged));
        }
        finally
        {
            File.Delete(staged);
        }
    }

    /// <summary>Removes a file, or a folder with all in it.</summary>
    public async Task DeleteAsync(Caller caller, string threadId, string? path, CancellationToken cancellationToken)
    {
        var (_, parts) = await RequireAsync(caller, threadId, path, cancellationToken);
        if (parts.Length == 0 || !Try(path, () => _files.Delete(threadId, parts)))
        {
            throw WorkspaceProblems.NoFile(threadId, path);
        }
    }

    private async Task<(WorkspaceSettings Workspace, string[] Parts)> RequireAsync(Caller caller, string threadId, string? path, CancellationToken cancellationToken)
    {
        var thread = await threads.RequireAsync(caller, threadId, cancellationToken);
        var workspace = profiles.WorkspaceOf(thread.Profile) ?? throw WorkspaceProblems.NoWorkspace(threadId, thread.Profile);
        var parts = WorkspaceFiles.Parts(path)
            ?? throw RequestProblems.Invalid($"The path '{path}' is none within a workspace: name folders and a file, at most 64, without '.', '..' and empty parts.");
        return (workspace, parts);
    }

    // A link on the way, a pipe, a folder in a file's place: told, and never followed.
    private static T Try<T>(string? path, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw RequestProblems.Invalid($"'{path}' cannot be taken as a file of the workspace: it is a link, no plain file, or a folder in a file's place, or there is one on the way to it.");
        }
    }
}
