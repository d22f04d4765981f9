using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Pilotlight.Core.InProcess;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Access;

namespace Pilotlight.Gateway.Native;

/// <summary>Where a fork is to begin.</summary>
/// <param name="MessageId">The message up to which the new thread has what was said.</param>
public sealed record Fork(string? MessageId);

/// <summary><c>/api/threads</c>.</summary>
internal static class ThreadEndpoints
{
    private const int DefaultPage = 50;
    private const int MessagesPage = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/threads").WithTags("Threads");
        group.MapPost("/", CreateAsync).WithName("CreateThread").WithSummary("Begins a thread.").ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapGet("/", ListAsync).WithName("ListThreads").WithSummary("Threads, the one changed last first; by title and by what was said with search.")
            .ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapGet("/{id}", GetAsync).WithName("GetThread").WithSummary("One thread.").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPatch("/{id}", UpdateAsync).WithName("UpdateThread").WithSummary("Changes what is given; what is left out stays.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapDelete("/{id}", DeleteAsync).WithName("DeleteThread").WithSummary("Deletes a thread with all its messages, and ends what it is doing.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{id}/fork", ForkAsync).WithName("ForkThread").WithSummary("A new thread with what was said up to a message: an answer included, a question not.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{id}/export", ExportAsync).WithName("ExportThread").WithSummary("The whole thread, as Markdown or JSON.")
            .Produces<string>(StatusCodes.Status200OK, ThreadFiles.Markdown).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{id}/attachments/{attachmentId}", AttachmentAsync).WithName("GetAttachment").WithSummary("A file that a message brings.")
            .Produces<byte[]>(StatusCodes.Status200OK, "application/octet-stream").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("/{id}/messages", MessagesAsync).WithName("ListMessages").WithSummary("A thread's messages, oldest first.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Created<ChatThread>> CreateAsync(NewThread? request, HttpContext http, ThreadService threads, CancellationToken cancellationToken)
    {
        var thread = await threads.CreateAsync(http.GetCaller(), request, cancellationToken);
        return TypedResults.Created($"/api/threads/{thread.Id}", thread);
    }

    private static Task<Page<ChatThread>> ListAsync(
        HttpContext http, ThreadService threads, CancellationToken cancellationToken, string? search = null, string? cursor = null, int limit = DefaultPage) =>
        threads.ListAsync(http.GetCaller(), search, cursor, limit, cancellationToken);

    private static Task<ChatThread> GetAsync(string id, HttpContext http, ThreadService threads, CancellationToken cancellationToken) =>
        threads.RequireAsync(http.GetCaller(), id, cancellationToken);

    private static Task<ChatThread> UpdateAsync(
        string id, ThreadChange change, HttpContext http, ThreadService threads, CancellationToken cancellationToken) =>
        threads.UpdateAsync(http.GetCaller(), id, change, cancellationToken);

    private static async Task<NoContent> DeleteAsync(string id, HttpContext http, ThreadService threads, CancellationToken cancellationToken)
    {
        await threads.DeleteAsync(http.GetCaller(), id, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Created<ChatThread>> ForkAsync(string id, Fork request, HttpContext http, ThreadForks forks, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request.MessageId))
        {
            throw RequestProblems.Parameter("messageId", "messageId is missing; GET …/messages lists the messages there are.");
        }

        var thread = await forks.ForkAtAsync(http.GetCaller(), id, request.MessageId, cancellationToken);
        return TypedResults.Created($"/api/threads/{thread.Id}", thread);
    }

    private static Task ExportAsync(string id, HttpContext http, LocalGateway gateway, string? format = null) =>
        ThreadFiles.WriteExportAsync(http, gateway, http.GetCaller(), id, format);

    private static Task AttachmentAsync(string id, string attachmentId, HttpContext http, LocalGateway gateway) =>
        ThreadFiles.WriteAttachmentAsync(http, gateway, http.GetCaller(), id, attachmentId);

    private static Task<Page<StoredMessage>> MessagesAsync(
        string id, HttpContext http, ThreadService threads, CancellationToken cancellationToken, string? cursor = null, int limit = MessagesPage) =>
        threads.ListMessagesAsync(http.GetCaller(), id, cursor, limit, cancellationToken);
}
