using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;
using Pilotlight.Gateway.InProcess;
using Pilotlight.Gateway.Pool;
using Pilotlight.Gateway.Telemetry;
using Pilotlight.Gateway.Threads;
using Pilotlight.Gateway.Turns;
using Pilotlight.Gateway.Usage;
using Pilotlight.Processes;

namespace Pilotlight.Gateway;

/// <summary>Adds the gateway to a web application.</summary>
/// <remarks>Needs a storage (<c>AddPilotlightSqlite</c>) and <c>AddClaudeCode</c> beside it; add it after both, so that it stops before them.</remarks>
public static class GatewayRegistration
{
    /// <summary>The health check that says whether there is a CLI to use and a credential for it.</summary>
    public const string ClaudeCheck = "claude";

    /// <summary>Adds threads, turns and their services.</summary>
    public static IServiceCollection AddPilotlightGateway(this IServiceCollection services)
    {
        services.AddOptions<GatewayOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<RelayOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<LimitOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ServerEpoch>();
        services.AddSingleton<Admission>();
        services.TryAddSingleton<IAdmission>(provider => provider.GetRequiredService<Admission>());
        services.AddSingleton<KeyService>();
        services.AddHostedService<KeyUse>();
        services.AddSingleton<HotThreads>();
        services.AddSingleton<ContextLimits>();
        services.AddSingleton<TurnIntake>();
        services.AddSingleton<ServerLife>();
        services.AddSingleton<GatewayTelemetry>();
        services.AddSingleton<TurnPlaces>();
        services.AddSingleton<TurnRunner>();
        services.AddSingleton<TurnService>();
        services.AddSingleton<WarmUps>();
        services.AddSingleton<TurnNews>();
        services.AddSingleton<ThreadService>();
        services.AddSingleton(LocalGateway.Create);
        services.AddSingleton<LocalOperations>();
        services.AddHostedService(provider => provider.GetRequiredService<TurnService>());
        services.AddHealthChecks()
            .AddCheck<ClaudeHealthCheck>(ClaudeCheck, tags: [HealthEndpoints.ReadyTag])
            .AddCheck<WarmPoolHealthCheck>("pool", tags: [HealthEndpoints.ReadyTag]);
        services.AddCompatibleApis();
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddProblemDetails(options => options.CustomizeProblemDetails = ProblemHandler.Complete);
        services.AddExceptionHandler<ProblemHandler>();
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        return services;
    }

    /// <summary>Adds the stages that every request goes through.</summary>
    public static IApplicationBuilder UsePilotlightGateway(this IApplicationBuilder app) =>
        ResponseFacts.Use(
                app,
                app.ApplicationServices.GetRequiredService<TimeProvider>(),
                app.ApplicationServices.GetRequiredService<IOptions<GatewayOptions>>().Value.IsSimulated)
            .UseExceptionHandler().UseStatusCodePages().UseMiddleware<KeyAuthentication>();

    /// <summary>Maps all routes.</summary>
    public static IEndpointRouteBuilder MapPilotlightGateway(this IEndpointRouteBuilder routes)
    {
        ThreadEndpoints.Map(routes);
        TurnEndpoints.Map(routes);
        routes.MapCompatibleApis();
        PoolEndpoint.Map(routes);
        KeyEndpoints.Map(routes);
        UsageEndpoint.Map(routes);
        HealthEndpoints.Map(routes);
        return routes;
    }
}
