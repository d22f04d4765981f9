using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Gateway.Anthropic;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;
using Pilotlight.Gateway.OpenAi;

namespace Pilotlight.Gateway.Models;

/// <summary><c>GET /v1/models</c>, which both compatible APIs have: Anthropic's clients say who they are by a header.</summary>
/// <remarks>Aliases, since those do not retire; any other name that the API knows is taken as well.</remarks>
internal static class ModelsEndpoint
{
    private static readonly string[] s_aliases = ["sonnet", "opus", "haiku"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/models", List).WithTags("OpenAI", "Anthropic").WithName("ListModels").WithSummary("The models that can be asked for.");
        routes.MapGet("/v1/models/{id}", Get).WithTags("OpenAI", "Anthropic").WithName("GetModel").WithSummary("One model.");
    }

    private static IResult List(HttpContext http, IOptions<ClaudeOptions> claude) => Dialects.Of(http.Request) == Dialect.Anthropic
        ? Results.Json(AnthropicModels.List(Names(claude.Value)), AnthropicJson.Default.AnthropicModelList)
        : Results.Json(new ModelList("list", [.. Names(claude.Value).Select(Item)]), OpenAiJson.Default.ModelList);

    private static IResult Get(string id, HttpContext http, IOptions<ClaudeOptions> claude)
    {
        if (!Names(claude.Value).Contains(id, StringComparer.Ordinal))
        {
            throw HttpProblems.NoModel(id);
        }

        return Dialects.Of(http.Request) == Dialect.Anthropic
            ? Results.Json(AnthropicModels.Item(id), AnthropicJson.Default.AnthropicModel)
            : Results.Json(Item(id), OpenAiJson.Default.ModelItem);
    }

    private static IEnumerable<string> Names(ClaudeOptions claude) =>
        claude.Profiles.Values.Select(profile => profile.Model).OfType<string>().Concat(s_aliases).Prepend(claude.Model).Distinct(StringComparer.Ordinal);

    private static ModelItem Item(string id) => new(id, "model", 0, "anthropic");
}
