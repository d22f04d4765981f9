using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Aspire.Client;
using Pilotlight.Client;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds a gateway that an Aspire app host names.</summary>
public static class PilotlightAspireRegistration
{
    /// <summary>
    /// Adds a <see cref="PilotlightClient"/>, an <see cref="IChatClient"/> on it where there is none yet, and a health check of the
    /// connection's name.
    /// </summary>
    /// <param name="builder">The program's builder.</param>
    /// <param name="connectionName">The connection: the gateway's name in the app host. Its string is <c>Endpoint=ADDRESS;Key=KEY</c>, or an address alone.</param>
    /// <param name="configure">Changes options after the connection has set its own; null for none.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="InvalidOperationException">There is no such connection string, or it names no address.</exception>
    public static IHostApplicationBuilder AddPilotlightClient(
        this IHostApplicationBuilder builder, string connectionName, Action<PilotlightClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionName);
        var connection = PilotlightConnection.Parse(connectionName, builder.Configuration.GetConnectionString(connectionName));
        builder.Services.AddPilotlightClient(options =>
        {
            (options.Address, options.ApiKey) = (connection.Endpoint, connection.Key);
            configure?.Invoke(options);
        });
        builder.Services.AddHealthChecks().AddCheck<PilotlightHealthCheck>(connectionName);
        return builder;
    }
}
