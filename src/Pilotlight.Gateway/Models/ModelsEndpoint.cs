using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Anthropic;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;
using Pilotlight.Gateway.OpenAi;

namespace Pilotlight.Gateway.Models;

/// <summary><c>GET /v1/models</c>, which both compatible APIs have: Anthropic's clients say who they are by a header.</summary>
internal static class ModelsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/models", List).WithTags("OpenAI", "Anthropic").WithName("ListModels").WithSummary("The models that can be asked for, by alias and by full name.");
        routes.MapGet("/v1/models/{*id}", Get).WithTags("OpenAI", "Anthropic").WithName("GetModel").WithSummary("One model, by any name that a call may use.");
        routes.MapGet("/api/hello", () => Results.Ok(new { message = "hello" })).ExcludeFromDescription()
            .AllowWithoutKey("Claude Code asks it whether a gateway is there at all.");
    }

    private static IResult List(HttpContext http, IOptions<ClaudeOptions> claude, IOptions<CompatibleOptions> compatible)
    {
        var names = ModelNames.Listed(claude.Value, compatible.Value, http.GetCaller());
        return Dialects.Of(http.Request) == Dialect.Anthropic
            ? Results.Json(AnthropicModels.List(names), AnthropicJson.Default.AnthropicModelList)
            : Results.Json(new ModelList("list", [.. names.Select(Item)]), OpenAiJson.Default.ModelList);
    }

    private static IResult Get(string? id, HttpContext http, IOptions<ClaudeOptions> claude, IOptions<CompatibleOptions> compatible)
    {
        if (id is null || !ModelNames.IsTaken(id, claude.Value, compatible.Value, http.GetCaller()))
        {
            throw HttpProblems.NoModel(CallBody.Short(id ?? ""));
        }

        return Dialects.Of(http.Request) == Dialect.Anthropic
            ? Results.Json(AnthropicModels.Item(id), AnthropicJson.Default.AnthropicModel)
            : Results.Json(Item(id), OpenAiJson.Default.ModelItem);
    }

    private static ModelItem Item(string id) => new(id, "model", 0, "anthropic");
}
