using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Pilotlight.Core.Access;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Native;

/// <summary>A key that was just made, with its text, which is shown this once.</summary>
public sealed record CreatedKey(string Key, GatewayKey Details);

/// <summary>All keys.</summary>
public sealed record KeyList(IReadOnlyList<GatewayKey> Items);

/// <summary><c>/api/keys</c>, for admins.</summary>
internal static class KeyEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/keys").WithTags("Keys").RequireAdmin();
        group.MapGet("/", ListAsync).WithName("ListKeys").WithSummary("All keys, without their text.");
        group.MapPost("/", CreateAsync).WithName("CreateKey").WithSummary("Makes a key; its text is shown this once.").ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapDelete("/{id}", RevokeAsync).WithName("RevokeKey").WithSummary("Revokes a key for good.").ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<KeyList> ListAsync(KeyService keys, CancellationToken cancellationToken) => new(await keys.ListAsync(cancellationToken));

    private static async Task<Created<CreatedKey>> CreateAsync(NewKey request, HttpContext http, KeyService keys, CancellationToken cancellationToken)
    {
        var (key, text) = await keys.CreateAsync(request.Name ?? "", request.IsAdmin, request.Limits ?? KeyLimits.None, cancellationToken);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Created($"/api/keys/{key.Id}", new CreatedKey(text, key));
    }

    private static async Task<NoContent> RevokeAsync(string id, KeyService keys, CancellationToken cancellationToken) =>
        await keys.RevokeAsync(id, cancellationToken)
            ? TypedResults.NoContent()
            : throw HttpProblems.NoKey(id);
}
