using System.Runtime.Versioning;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Pilotlight.Claude.Workspaces;
using Pilotlight.Core.Workspaces;
using Pilotlight.Gateway.Access;

namespace Pilotlight.Gateway.Native;

/// <summary>What is in a folder of a workspace.</summary>
public sealed record WorkspaceListing(IReadOnlyList<WorkspaceEntry> Items);

/// <summary><c>/api/threads/{id}/files</c>.</summary>
[SupportedOSPlatform("linux")]
internal static class FileEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/threads/{id}/files").WithTags("Files");
        group.MapGet("/{**path}", GetAsync).WithName("GetFile").WithSummary("A file of the thread's workspace as it is; of a folder, what is in it.")
            .Produces<WorkspaceListing>().Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
        group.MapPut("/{**path}", PutAsync).WithName("PutFile").WithSummary("Writes a file of the thread's workspace, and the folders on its way.")
            .Accepts<byte[]>("application/octet-stream").Produces(StatusCodes.Status201Created).Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge);
        group.MapDelete("/{**path}", DeleteAsync).WithName("DeleteFile").WithSummary("Removes a file of the thread's workspace, or a folder with all in it.")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext http, ThreadWorkspaces files, CancellationToken cancellationToken, string? path = null)
    {
        if (await files.ListAsync(http.GetCaller(), id, path, cancellationToken) is { } entries)
        {
            return Results.Ok(new WorkspaceListing(entries));
        }

        // Never shown in place: what an agent wrote would run as a page of this server's.
        var file = await files.OpenAsync(http.GetCaller(), id, path, cancellationToken);
        http.Response.Headers.XContentTypeOptions = "nosniff";
        return Results.Stream(file, "application/octet-stream", Path.GetFileName(path), enableRangeProcessing: true);
    }

    private static async Task<IResult> PutAsync(string id, HttpContext http, ThreadWorkspaces files, CancellationToken cancellationToken, string? path = null)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null; // The workspace has its own.
        }

        var isNew = await files.WriteAsync(http.GetCaller(), id, path, http.Request.Body, cancellationToken);
        return isNew ? Results.Created((string?)null, null) : Results.NoContent();
    }

    private static async Task<IResult> DeleteAsync(string id, HttpContext http, ThreadWorkspaces files, CancellationToken cancellationToken, string? path = null)
    {
        await files.DeleteAsync(http.GetCaller(), id, path, cancellationToken);
        return Results.NoContent();
    }
}
