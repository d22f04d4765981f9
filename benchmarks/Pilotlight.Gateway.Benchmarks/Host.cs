using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Processes;

namespace Pilotlight.Gateway.Benchmarks;

/// <summary>The gateway on loopback with the scripted adapter, or a plain stream of the same events.</summary>
internal static class Host
{
    public static async Task<WebApplication> GatewayAsync(Action<IServiceCollection> addStorage)
    {
        var builder = Builder();
        addStorage(builder.Services);
        builder.Services.AddClaudeCode();
        builder.Services.Configure<WarmPoolOptions>(pool => (pool.MinIdle, pool.MaxIdle) = (0, 0));
        builder.Services.AddSingleton<IClaudeConversations, ScriptedConversations>();
        builder.Services.AddPilotlightGateway();
        var app = builder.Build();
        app.UsePilotlightGateway();
        app.MapPilotlightGateway();
        await app.StartAsync();
        return app;
    }

    // As little as answers with a stream: the body read, two events sent as they come, and the last one after the pause.
    public static async Task<WebApplication> EchoAsync()
    {
        var app = Builder().Build();
        app.MapPost("/echo", async (Said said, HttpContext http) =>
        {
            http.Response.ContentType = "text/event-stream";
            await SendAsync("id: 1\nevent: turn.started\ndata: {}\n\n");
            await SendAsync($"id: 2\nevent: text.delta\ndata: {{\"text\":\"{said.Text}\"}}\n\n");
            await Task.Delay(ScriptedConversations.Pause);
            await SendAsync("id: 3\nevent: turn.completed\ndata: {}\n\n");

            async Task SendAsync(string text)
            {
                await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text));
                await http.Response.Body.FlushAsync();
            }
        });
        await app.StartAsync();
        return app;
    }

    public static Uri Address(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    private static WebApplicationBuilder Builder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        return builder;
    }

    private sealed record Said(string Text);
}
