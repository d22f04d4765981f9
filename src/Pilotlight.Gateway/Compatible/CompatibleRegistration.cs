using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Gateway.Anthropic;
using Pilotlight.Gateway.Http;
using Pilotlight.Gateway.OpenAi;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Adds the OpenAI- and Anthropic-compatible APIs.</summary>
internal static class CompatibleRegistration
{
    public static IServiceCollection AddCompatibleApis(this IServiceCollection services)
    {
        services.AddSingleton<ConversationIndex>();
        services.AddSingleton<CompatibleTurns>();
        return services;
    }

    public static IEndpointRouteBuilder MapCompatibleApis(this IEndpointRouteBuilder routes)
    {
        ChatCompletionEndpoint.Map(routes);
        ModelsEndpoint.Map(routes);
        MessagesEndpoint.Map(routes);

        // Other pages' fallbacks would answer in their own way.
        routes.Map("/v1/{**rest}", (HttpContext http) => { throw ApiProblems.NoRoute(http.Request); }).ExcludeFromDescription();
        return routes;
    }
}
