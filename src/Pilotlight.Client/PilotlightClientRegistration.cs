using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Pilotlight.Client;
using Pilotlight.Client.Chat;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the gateway's client to a program's services.</summary>
public static class PilotlightClientRegistration
{
    /// <summary>Adds a <see cref="PilotlightClient"/> and, where there is none yet, an <see cref="IChatClient"/> on it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options; null for a gateway without keys on this machine.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message names it.</exception>
    public static IServiceCollection AddPilotlightClient(this IServiceCollection services, Action<PilotlightClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new PilotlightClientOptions();
        configure?.Invoke(options);
        options.Check();
        services.TryAddSingleton(provider => new PilotlightClient(options, time: provider.GetService<TimeProvider>()));
        services.TryAddSingleton(provider => provider.GetRequiredService<PilotlightClient>().AsIChatClient());
        return services;
    }
}
