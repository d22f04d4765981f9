using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Gateway.Anthropic;
using Pilotlight.Gateway.OpenAi;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Adds the OpenAI- and Anthropic-compatible APIs.</summary>
internal static class CompatibleRegistration
{
    public static IServiceCollection AddCompatibleApis(this IServiceCollection services)
    {
        services.AddSingleton<HotSessions>();
        services.AddSingleton<CompatibleTurns>();
        return services;
    }

    public static IEndpointRouteBuilder MapCompatibleApis(this IEndpointRouteBuilder routes)
    {
        ChatCompletionEndpoint.Map(routes);
        ModelsEndpoint.Map(routes);
        MessagesEndpoint.Map(routes);
        return routes;
    }
}
