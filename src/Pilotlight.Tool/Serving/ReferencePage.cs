using Microsoft.OpenApi;
using Pilotlight.Gateway.Access;
using Scalar.AspNetCore;

namespace Pilotlight.Tool.Serving;

/// <summary>The API's document at <c>/openapi/v1.json</c>, and a page to read it by at <c>/scalar</c>.</summary>
/// <remarks>The page's script comes with the package and is served from here; nothing is fetched from elsewhere.</remarks>
internal static class ReferencePage
{
    private const string Why = "It describes the API and holds nothing of anybody's.";

    public static IServiceCollection AddReference(this IServiceCollection services) => services.AddOpenApi(options =>
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Pilotlight",
                Version = "v1",
                Description = "Threads with durable, streamed turns of the Claude Code CLI, and the OpenAI and Anthropic APIs on the same processes. "
                    + "Native routes answer faults as problem+json with a stable type and a traceId, those under /v1 in their API's own shape.",
            };
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["key"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A key made with 'pilotlight keys create'; none is needed while there are none." },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("key", document)] = [] }];
            return Task.CompletedTask;
        }));

    public static void MapReference(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi().AllowWithoutKey(Why);
        routes.MapScalarApiReference(scalar =>
        {
            scalar.Title = "Pilotlight API";
            scalar.DefaultFonts = false;
            scalar.Telemetry = false;
            scalar.HideClientButton = true;
        }).AllowWithoutKey(Why);
    }
}
