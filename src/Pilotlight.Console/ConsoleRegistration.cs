using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using MudBlazor.Services;
using Pilotlight.Core.InProcess;
using Pilotlight.Gateway.Access;
using Pilotlight.WebConsole.Chat;
using Pilotlight.WebConsole.Files;
using Pilotlight.WebConsole.Hosting;
using Pilotlight.WebConsole.Elements;
using Pilotlight.WebConsole.Pool;
using Pilotlight.WebConsole.SignIn;

namespace Pilotlight.WebConsole;

/// <summary>Adds the console to the gateway's web application.</summary>
public static class ConsoleRegistration
{
    // A long prompt comes from the browser in one message.
    private const int MaxMessageBytes = 2 * 1024 * 1024;

    /// <summary>Adds the console's services.</summary>
    public static IServiceCollection AddPilotlightConsole(this IServiceCollection services)
    {
        services.AddRazorComponents().AddInteractiveServerComponents()
            .AddHubOptions(hub => hub.MaximumReceiveMessageSize = MaxMessageBytes);
        services.AddMudServices(mud =>
        {
            mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.TopCenter;
            mud.SnackbarConfiguration.PreventDuplicates = true;
            mud.SnackbarConfiguration.VisibleStateDuration = 6000;
        });
        services.AddSingleton(provider =>
        {
            var operations = provider.GetRequiredService<LocalOperations>();
            var watch = new PoolWatch(operations.Look, operations.ListNodes, provider.GetRequiredService<TimeProvider>());
            provider.GetRequiredService<LatencyLog>().Added += watch.Note;
            return watch;
        });
        services.AddSingleton<LatencyLog>();
        services.AddSingleton<ThreadLists>();
        services.AddHostedService(provider => provider.GetRequiredService<LatencyLog>());
        services.AddScoped<ConsoleScript>();
        services.AddScoped<CallerOfCircuit>();
        services.AddScoped<Attempt>();
        ConsoleSignIn.AddServices(services);
        return services;
    }

    /// <summary>Adds the stages that the console's requests go through.</summary>
    public static IApplicationBuilder UsePilotlightConsole(this IApplicationBuilder app) => app
        .Use(static next => http => PageHeaders.InvokeAsync(http, next))
        .UseMiddleware<ConsoleAccess>()
        .UseAntiforgery();

    /// <summary>Maps the console's pages at <c>/</c>.</summary>
    public static IEndpointRouteBuilder MapPilotlightConsole(this IEndpointRouteBuilder routes)
    {
        ConsoleSignIn.Map(routes);
        ConsoleFiles.Map(routes);
        routes.MapStaticAssets().Add(static endpoint => endpoint.Metadata.Add(new WithoutKey("The console's files, the same for everybody.")));
        routes.MapRazorComponents<App>().AddInteractiveServerRenderMode()
            .AllowWithoutKey("The console lets in who has signed in.").WithMetadata(new ConsolePage());
        return routes;
    }
}
