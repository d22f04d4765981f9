using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Chat;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Hosting;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Network;
using Pilotlight.Claude.Profiles;
using Pilotlight.Claude.Sandbox;
using Pilotlight.Claude.Sessions;
using Pilotlight.Claude.Workspaces;
using Pilotlight.Processes;
using Pilotlight.Wire;

namespace Pilotlight.Claude;

/// <summary>Adds Claude Code to a host.</summary>
public static class ClaudeCodeRegistration
{
    /// <summary>
    /// Adds the process pool, the live sessions and an <see cref="IChatClient"/>, all started and drained with the host. Without
    /// a CLI on the machine the host starts nevertheless, says so, and every turn fails with what to do.
    /// </summary>
    /// <remarks>
    /// The chat client takes the place of one that was registered before it, and gives way to one registered after it. Calling this
    /// again configures the same instance further.
    /// </remarks>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets options; they are checked when the host starts.</param>
    /// <returns>Takes decorators of the chat client, <c>UseLogging</c> or <c>UseOpenTelemetry</c> for instance.</returns>
    public static ChatClientBuilder AddClaudeCode(this IServiceCollection services, Action<ClaudeOptions>? configure = null)
    {
        Add(services, null, configure);
        return services.AddChatClient(provider => ChatClient(provider, null));
    }

    /// <summary>
    /// Adds a further Claude Code with options of its own, beside others in the same host: <see cref="IChatClient"/>,
    /// <see cref="IClaudeConversations"/> and the rest are keyed services under its name.
    /// </summary>
    /// <remarks>
    /// All of a host share one <see cref="WarmPool"/>, since the processes and the memory of a machine are one: the pool shows its
    /// profiles as <c>NAME/chat</c>. Its options are the named <see cref="ClaudeOptions"/> and <see cref="ClaudeSessionOptions"/>.
    /// </remarks>
    /// <param name="services">The host's services.</param>
    /// <param name="name">The key.</param>
    /// <param name="configure">Sets options; they are checked when the host starts.</param>
    /// <returns>Takes decorators of the chat client.</returns>
    public static ChatClientBuilder AddKeyedClaudeCode(this IServiceCollection services, string name, Action<ClaudeOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Add(services, name, configure);
        return services.AddKeyedChatClient(name, provider => ChatClient(provider, name));
    }

    private static void Add(IServiceCollection services, string? name, Action<ClaudeOptions>? configure)
    {
        services.AddWarmPool();
        AddOptions(services, name ?? Options.DefaultName, configure);
        services.TryAddSingleton<SessionMetrics>();
        AddPart(services, name, provider => new ClaudeCli(OptionsOf<ClaudeOptions>(provider, name)));
        AddPart(services, name, provider => new ClaudeHome(OptionsOf<ClaudeOptions>(provider, name)));
        AddPart(services, name, provider => new ProcessFolders(Part<ClaudeHome>(provider, name)));
        AddPart(services, name, provider => new ClaudeRelay(
            OptionsOf<WireOptions>(provider, name).Value,
            OptionsOf<ClaudeOptions>(provider, name).Value,
            Part<ProcessFolders>(provider, name),
            provider.GetRequiredService<ILoggerFactory>(),
            provider.GetService<IMeterFactory>(),
            provider.GetRequiredService<TimeProvider>()));
        AddPart(services, name, provider => new UpstreamReload(
            Part<ClaudeRelay>(provider, name),
            provider.GetServices<IOptionsChangeTokenSource<WireOptions>>(),
            provider.GetRequiredService<IOptionsFactory<WireOptions>>(),
            name ?? Options.DefaultName,
            provider.GetRequiredService<ILogger<UpstreamReload>>()));
        AddPart(services, name, provider => new WorkspaceStore(Part<ClaudeHome>(provider, name)));
        AddPart(services, name, provider => Profiles(provider, name));
        AddPart(services, name, provider => new ClaudeConversations(
            provider.GetRequiredService<WarmPool>(),
            Part<ClaudeProfiles>(provider, name),
            OptionsOf<ClaudeOptions>(provider, name).Value,
            OptionsOf<ClaudeSessionOptions>(provider, name).Value,
            provider.GetRequiredService<SessionMetrics>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ClaudeConversations>>()));
        AddPart<IClaudeConversations>(services, name, provider => Part<ClaudeConversations>(provider, name));

        // Registered after the pool's, so that sessions end before the pool drains.
        if (AddPart(services, name, provider => Service(provider, name)))
        {
            services.AddSingleton<IHostedService>(provider => Part<ClaudeService>(provider, name));
        }
    }

    private static void AddOptions(IServiceCollection services, string name, Action<ClaudeOptions>? configure)
    {
        services.AddOptions<WireOptions>(name).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<ClaudeSessionOptions>(name).ValidateDataAnnotations().ValidateOnStart();
        var options = services.AddOptions<ClaudeOptions>(name).ValidateDataAnnotations().ValidateOnStart()
            .Validate<IOptionsMonitor<WireOptions>>(
                (claude, wire) => wire.Get(name).Enabled || claude.Profiles.Values.All(profile => profile.Sandbox == SandboxMode.None),
                "A profile has a Sandbox, and Pilotlight:Wire:Enabled is false: without the relay the key would be behind the walls, where the agent reads it. Leave the relay on.");
        if (configure is not null)
        {
            options.Configure(configure);
        }

        options.PostConfigure(claude =>
        {
            claude.ApiKey ??= Environment.GetEnvironmentVariable("ANTHROPIC_API_KEY");
            claude.BaseUrl ??= Environment.GetEnvironmentVariable("ANTHROPIC_BASE_URL");
        });
    }

    private static ClaudeProfiles Profiles(IServiceProvider provider, string? name)
    {
        var options = OptionsOf<ClaudeOptions>(provider, name).Value;
        var (home, folders) = (Part<ClaudeHome>(provider, name), Part<ProcessFolders>(provider, name));
        var time = provider.GetRequiredService<TimeProvider>();
        var logger = provider.GetRequiredService<ILogger<ClaudeProfiles>>();
        var warmUp = new ClaudeWarmUp(options, home, folders, Part<ClaudeRelay>(provider, name), time, provider, logger);
        return new ClaudeProfiles(
            options, Part<ClaudeCli>(provider, name), home, new ProcessHome(home, folders), Part<ClaudeRelay>(provider, name), warmUp, new EgressProxies(folders, logger), Part<WorkspaceStore>(provider, name),
            provider.GetRequiredService<WarmPool>(), time, name);
    }

    private static ClaudeService Service(IServiceProvider provider, string? name) => new(
        provider.GetRequiredService<WarmPool>(),
        Part<ClaudeProfiles>(provider, name),
        Part<ClaudeHome>(provider, name),
        Part<ProcessFolders>(provider, name),
        Part<ClaudeRelay>(provider, name),
        Part<UpstreamReload>(provider, name),
        Part<ClaudeConversations>(provider, name),
        provider.GetRequiredService<IOptions<WarmPoolOptions>>().Value.RenewalCheck,
        provider.GetRequiredService<TimeProvider>(),
        provider.GetRequiredService<ILogger<ClaudeService>>());

    private static ClaudeChatClient ChatClient(IServiceProvider provider, string? name) => new(
        Part<IClaudeConversations>(provider, name),
        OptionsOf<ClaudeOptions>(provider, name).Value,
        OptionsOf<ClaudeSessionOptions>(provider, name).Value.MaxRemembered,
        () => Part<ClaudeRelay>(provider, name).HoldsKey);

    private static IOptions<T> OptionsOf<T>(IServiceProvider provider, string? name)
        where T : class => name is null
            ? provider.GetRequiredService<IOptions<T>>()
            : Options.Create(provider.GetRequiredService<IOptionsMonitor<T>>().Get(name));

    private static T Part<T>(IServiceProvider provider, string? name)
        where T : class => name is null ? provider.GetRequiredService<T>() : provider.GetRequiredKeyedService<T>(name);

    // Whether it was not there yet: a part that was registered before, a fake for instance, stays.
    private static bool AddPart<T>(IServiceCollection services, string? name, Func<IServiceProvider, T> make)
        where T : class
    {
        var count = services.Count;
        if (name is null)
        {
            services.TryAddSingleton(make);
        }
        else
        {
            services.TryAddKeyedSingleton(name, (provider, _) => make(provider));
        }

        return services.Count > count;
    }
}
