using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Pilotlight.Gateway.Http;

/// <summary>Takes addresses as they are before the proxies that are known.</summary>
internal static class Proxies
{
    public static void Add(IServiceCollection services)
    {
        services.AddOptions<ProxyOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<ProxyOptions>>((headers, proxy) =>
        {
            // The framework's own beginning is to believe this machine.
            headers.KnownProxies.Clear();
            headers.KnownIPNetworks.Clear();
            foreach (var network in proxy.Value.Networks)
            {
                headers.KnownIPNetworks.Add(network);
            }

            headers.ForwardLimit = null;
            headers.ForwardedHeaders = proxy.Value.Known.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.All;
        });
    }

    /// <summary>Before the routes are matched.</summary>
    public static void Use(IApplicationBuilder app)
    {
        var proxy = app.ApplicationServices.GetRequiredService<IOptions<ProxyOptions>>().Value;
        if (proxy.Known.Count > 0)
        {
            app.UseForwardedHeaders();
        }

        if (proxy.BasePath is { } path)
        {
            app.UsePathBase(path);
        }
    }
}
