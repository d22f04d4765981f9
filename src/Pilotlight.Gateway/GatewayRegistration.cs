using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Pilotlight.Core;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Anthropic;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Direct;
using Pilotlight.Gateway.FrontEnds;
using Pilotlight.Gateway.Http;
using Pilotlight.Gateway.Models;
using Pilotlight.Gateway.Native;
using Pilotlight.Gateway.Nodes;
using Pilotlight.Gateway.OpenAi;
using Pilotlight.Gateway.Responses;
using Pilotlight.Processes;

namespace Pilotlight.Gateway;

/// <summary>Adds the gateway to a web application.</summary>
/// <remarks>Needs a storage (<c>AddPilotlightSqlite</c>) and <c>AddClaudeCode</c> beside it; add it after both, so that it stops before them.</remarks>
public static class GatewayRegistration
{
    /// <summary>The health check that says whether there is a CLI to use and a credential for it.</summary>
    public const string ClaudeCheck = "claude";

    /// <summary>Adds threads, turns and their HTTP edges.</summary>
    public static IServiceCollection AddPilotlightGateway(this IServiceCollection services)
    {
        services.AddOptions<GatewayOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddPilotlightCore();
        services.AddOptions<StreamOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<CompatibleOptions>().ValidateDataAnnotations().ValidateOnStart();
        Proxies.Add(services);
        services.AddCors();
        services.AddRequestDecompression();
        services.AddSingleton<ConversationIndex>();
        services.AddSingleton<CompatibleTurns>();
        services.AddSingleton<ICallHost, HandedCalls>();
        services.AddSingleton<StoredResponses>();
        services.AddSingleton<ResponseRetries>();
        services.AddSingleton<ResponseTurns>();
        services.AddSingleton<StatelessResponses>();
        services.AddSingleton<DirectRoute>();
        services.AddSingleton<DirectTurns>();
        services.AddSingleton<PassThrough>();
        services.AddSingleton<IProblemShape, AnthropicProblemShape>();
        services.AddSingleton<IProblemShape, OpenAiProblemShape>();
        services.AddHealthChecks()
            .AddCheck<ClaudeHealthCheck>(ClaudeCheck, tags: [HealthEndpoints.ReadyTag])
            .AddCheck<WarmPoolHealthCheck>("pool", tags: [HealthEndpoints.ReadyTag])
            .AddCheck<UpstreamHealthCheck>("upstreams", tags: [HealthEndpoints.ReadyTag]);
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddProblemDetails(options => options.CustomizeProblemDetails = ProblemHandler.Complete);
        services.AddExceptionHandler<ProblemHandler>();
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        return services;
    }

    /// <summary>Adds the stages that every request goes through.</summary>
    public static IApplicationBuilder UsePilotlightGateway(this IApplicationBuilder app)
    {
        var services = app.ApplicationServices;
        ResponseFacts.Use(app, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<IOptions<ServerOptions>>().Value.IsSimulated);
        Proxies.Use(app);
        HeadRequests.Use(app);
        app.UseRouting();
        CrossOrigin.Use(app, services.GetRequiredService<IOptions<CompatibleOptions>>().Value.Cors);
        app.UseExceptionHandler().UseStatusCodePages().UseMiddleware<KeyAuthentication>();
        PackedBodies.Use(app);
        return app.Use(NativeText.MendAsync);
    }

    /// <summary>Maps all routes.</summary>
    public static IEndpointRouteBuilder MapPilotlightGateway(this IEndpointRouteBuilder routes)
    {
        ThreadEndpoints.Map(routes);
        TurnEndpoints.Map(routes);
        if (OperatingSystem.IsLinux())
        {
            FileEndpoints.Map(routes); // Workspaces need walls, which are to be had there alone.
        }

        ApprovalEndpoints.Map(routes);
        ChatCompletionEndpoint.Map(routes);
        MessagesEndpoint.Map(routes);
        ResponsesEndpoint.Map(routes);
        FrontEndEndpoints.Map(routes);
        ModelsEndpoint.Map(routes);
        PoolEndpoint.Map(routes);
        ClusterEndpoint.Map(routes);
        KeyEndpoints.Map(routes);
        UsageEndpoint.Map(routes);
        HealthEndpoints.Map(routes);

        // Other pages' fallbacks would answer in their own way.
        routes.Map("/v1/{**rest}", (HttpContext http) => { throw HttpProblems.NoRoute(http.Request); }).ExcludeFromDescription();
        return routes;
    }
}
