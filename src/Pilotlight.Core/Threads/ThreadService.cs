using Pilotlight.Claude.Profiles;
using Pilotlight.Claude.Workspaces;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;

namespace Pilotlight.Core.Threads;

/// <summary>Threads as one caller may see and change them, whichever way the caller came. Safe for concurrent use.</summary>
internal sealed class ThreadService(IThreadStore threads, HotThreads hot, IThreadWork work, ClaudeProfiles profiles, WorkspaceStore workspaces, ThreadNews news, TimeProvider time)
{
    private const int MaxPage = 200;
    private const int LongestSearch = 500;

    /// <summary>The thread, or the problem that there is none.</summary>
    /// <remarks>Another's thread is told apart from none by nobody.</remarks>
    public async Task<ChatThread> RequireAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        await threads.FindAsync(id, cancellationToken) is { } thread && thread.IsVisibleTo(caller) ? thread : throw ThreadProblems.NoThread(id);

    public Task<ChatThread> CreateAsync(Caller caller, NewThread? request, CancellationToken cancellationToken) =>
        StoreAsync(Prepare(caller, request), cancellationToken);

    /// <summary>A thread as it is going to be; nothing is stored.</summary>
    public ChatThread Prepare(Caller caller, NewThread? request)
    {
        request ??= new NewThread();
        CheckProfile(request.Profile);
        var now = time.GetUtcNow();
        return new ChatThread(
            Ids.New("thr"), Blank(request.Title), Blank(request.Model), request.SystemPrompt, Blank(request.Profile), 0, now, now, caller.KeyId);
    }

    public async Task<ChatThread> StoreAsync(ChatThread thread, CancellationToken cancellationToken)
    {
        await threads.CreateAsync(thread, cancellationToken);
        hot.Keep(new HotThread(thread, [])); // Its first turn reads nothing.
        news.TellChanged(thread.Id);
        return thread;
    }

    public Task<Page<ChatThread>> ListAsync(Caller caller, string? search, string? cursor, int limit, CancellationToken cancellationToken) =>
        search is { Length: > LongestSearch }
            ? throw RequestProblems.Parameter("search", $"search has {search.Length} characters; at most {LongestSearch} are taken.")
            : threads.ListAsync(caller.IsAdmin ? null : caller.KeyId, Blank(search), cursor, CheckLimit(limit), cancellationToken);

    public async Task<ChatThread> UpdateAsync(Caller caller, string id, ThreadChange change, CancellationToken cancellationToken)
    {
        await RequireAsync(caller, id, cancellationToken);
        CheckProfile(change.Profile);
        var thread = await threads.UpdateAsync(id, change, time.GetUtcNow(), cancellationToken) ?? throw ThreadProblems.NoThread(id);
        news.TellChanged(id);
        return thread;
    }

    /// <summary>Deletes it with all that is in it; a running turn is stopped first.</summary>
    public async Task DeleteAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        await RequireAsync(caller, id, cancellationToken);
        await work.ForgetAsync(id);
        await threads.DeleteAsync(id, cancellationToken);
        workspaces.Remove(id);
        news.TellChanged(id);
    }

    public async Task<Page<StoredMessage>> ListMessagesAsync(Caller caller, string id, string? cursor, int limit, CancellationToken cancellationToken)
    {
        await RequireAsync(caller, id, cancellationToken);
        return await threads.ListMessagesAsync(id, cursor, CheckLimit(limit), cancellationToken);
    }

    private static int CheckLimit(int limit) => limit is >= 1 and <= MaxPage
        ? limit
        : throw RequestProblems.Invalid($"limit is {limit}; it must be from 1 to {MaxPage}.");

    /// <summary>Refuses a profile that there is not; null stands for plain chat.</summary>
    /// <exception cref="ProblemException">There is none such; says which there are.</exception>
    public void CheckProfile(string? profile)
    {
        if (Blank(profile) is { } name && !profiles.Names.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            throw RequestProblems.Invalid($"There is no profile '{name}'; there are {string.Join(", ", profiles.Names)}.");
        }
    }

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
