using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Pilotlight.Claude.Profiles;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Threads;
using Pilotlight.Gateway.Turns;

namespace Pilotlight.Gateway.Http;

/// <summary>A new thread, as it is asked for.</summary>
public sealed record NewThread(string? Title = null, string? Model = null, string? SystemPrompt = null, string? Profile = null);

/// <summary><c>/api/threads</c>.</summary>
internal static class ThreadEndpoints
{
    private const int DefaultPage = 50;
    private const int MaxPage = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/threads").WithTags("Threads");
        group.MapPost("/", CreateAsync);
        group.MapGet("/", ListAsync);
        group.MapGet("/{id}", GetAsync);
        group.MapPatch("/{id}", UpdateAsync);
        group.MapDelete("/{id}", DeleteAsync);
        group.MapGet("/{id}/messages", MessagesAsync);
    }

    /// <summary>The thread, or the problem that there is none.</summary>
    /// <remarks>Another's thread is told apart from none by nobody.</remarks>
    public static async Task<ChatThread> RequireAsync(IThreadStore threads, string id, HttpContext http, CancellationToken cancellationToken) =>
        await threads.FindAsync(id, cancellationToken) is { } thread && thread.IsVisibleTo(http.GetCaller()) ? thread : throw ApiProblems.NoThread(id);

    private static async Task<Created<ChatThread>> CreateAsync(
        NewThread? request, HttpContext http, IThreadStore threads, ClaudeProfiles profiles, TimeProvider time, CancellationToken cancellationToken)
    {
        request ??= new NewThread();
        CheckProfile(request.Profile, profiles);
        var now = time.GetUtcNow();
        var thread = new ChatThread(
            Ids.New("thr"), Blank(request.Title), Blank(request.Model), request.SystemPrompt, Blank(request.Profile), 0, now, now, http.GetCaller().KeyId);
        await threads.CreateAsync(thread, cancellationToken);
        return TypedResults.Created($"/api/threads/{thread.Id}", thread);
    }

    private static Task<Page<ChatThread>> ListAsync(
        HttpContext http, IThreadStore threads, CancellationToken cancellationToken, string? search = null, string? cursor = null, int limit = DefaultPage) =>
        threads.ListAsync(http.GetCaller() is { IsAdmin: false, KeyId: var own } ? own : null, Blank(search), cursor, CheckLimit(limit), cancellationToken);

    private static Task<ChatThread> GetAsync(string id, HttpContext http, IThreadStore threads, CancellationToken cancellationToken) =>
        RequireAsync(threads, id, http, cancellationToken);

    private static async Task<ChatThread> UpdateAsync(
        string id, ThreadChange change, HttpContext http, IThreadStore threads, ClaudeProfiles profiles, TimeProvider time, CancellationToken cancellationToken)
    {
        await RequireAsync(threads, id, http, cancellationToken);
        CheckProfile(change.Profile, profiles);
        return await threads.UpdateAsync(id, change, time.GetUtcNow(), cancellationToken) ?? throw ApiProblems.NoThread(id);
    }

    private static async Task<NoContent> DeleteAsync(string id, HttpContext http, IThreadStore threads, TurnService turns, CancellationToken cancellationToken)
    {
        await RequireAsync(threads, id, http, cancellationToken);
        await turns.ForgetAsync(id);
        await threads.DeleteAsync(id, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Page<StoredMessage>> MessagesAsync(
        string id, HttpContext http, IThreadStore threads, CancellationToken cancellationToken, string? cursor = null, int limit = MaxPage)
    {
        await RequireAsync(threads, id, http, cancellationToken);
        return await threads.ListMessagesAsync(id, cursor, CheckLimit(limit), cancellationToken);
    }

    private static int CheckLimit(int limit) => limit is >= 1 and <= MaxPage
        ? limit
        : throw ApiProblems.Invalid($"limit is {limit}; it must be from 1 to {MaxPage}.");

    private static void CheckProfile(string? profile, ClaudeProfiles profiles)
    {
        if (Blank(profile) is { } name && !profiles.Names.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            throw ApiProblems.Invalid($"There is no profile '{name}'; there are {string.Join(", ", profiles.Names)}.");
        }
    }

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
