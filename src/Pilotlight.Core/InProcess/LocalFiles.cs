using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Claude.Profiles;
using Pilotlight.Claude.Workspaces;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Workspaces;

namespace Pilotlight.Core.InProcess;

/// <summary>The files that a thread's agent works on, for a user interface in the same process: what <c>/api/threads/{id}/files</c> offers, without HTTP.</summary>
/// <remarks>Throws <see cref="ProblemException"/> where that route answers with a problem. Safe for concurrent use.</remarks>
public sealed class LocalFiles
{
    private readonly ClaudeProfiles _profiles;
    private readonly IServiceProvider _services;

    private LocalFiles(IServiceProvider services) => (_profiles, _services) = (services.GetRequiredService<ClaudeProfiles>(), services);

    internal static LocalFiles Create(IServiceProvider services) => new(services);

    /// <summary>Whether a thread has files of its own.</summary>
    public bool Has(ChatThread thread)
    {
        ArgumentNullException.ThrowIfNull(thread);
        return OperatingSystem.IsLinux() && _profiles.WorkspaceOf(thread.Profile) is not null;
    }

    /// <summary>How large all of them may be together, in bytes; 0 where there are none.</summary>
    public long Limit(ChatThread thread)
    {
        ArgumentNullException.ThrowIfNull(thread);
        return _profiles.WorkspaceOf(thread.Profile)?.Limit ?? 0;
    }

    /// <summary>What is in a folder, an empty path being all of it; null when there is none by that path.</summary>
    public Task<IReadOnlyList<WorkspaceEntry>?> ListAsync(Caller caller, string threadId, string path, CancellationToken cancellationToken) => OperatingSystem.IsLinux()
        ? _services.GetRequiredService<ThreadWorkspaces>().ListAsync(caller, threadId, path, cancellationToken)
        : throw WorkspaceProblems.NoWorkspace(threadId, null);

    /// <summary>A file, to be read and disposed of.</summary>
    public Task<FileStream> OpenAsync(Caller caller, string threadId, string path, CancellationToken cancellationToken) => OperatingSystem.IsLinux()
        ? _services.GetRequiredService<ThreadWorkspaces>().OpenAsync(caller, threadId, path, cancellationToken)
        : throw WorkspaceProblems.NoWorkspace(threadId, null);

    /// <summary>Writes a file, with the folders on its way; whether it is new.</summary>
    public Task<bool> WriteAsync(Caller caller, string threadId, string path, Stream content, CancellationToken cancellationToken) => OperatingSystem.IsLinux()
        ? _services.GetRequiredService<ThreadWorkspaces>().WriteAsync(caller, threadId, path, content, cancellationToken)
        : throw WorkspaceProblems.NoWorkspace(threadId, null);

    /// <summary>Removes a file, or a folder with all in it.</summary>
    public Task DeleteAsync(Caller caller, string threadId, string path, CancellationToken cancellationToken) => OperatingSystem.IsLinux()
        ? _services.GetRequiredService<ThreadWorkspaces>().DeleteAsync(caller, threadId, path, cancellationToken)
        : throw WorkspaceProblems.NoWorkspace(threadId, null);
}
