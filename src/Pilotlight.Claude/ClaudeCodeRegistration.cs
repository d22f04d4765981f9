using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Chat;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Profiles;
using Pilotlight.Claude.Sessions;
using Pilotlight.Processes;

namespace Pilotlight.Claude;

/// <summary>Adds Claude Code to a host.</summary>
public static partial class ClaudeCodeRegistration
{
    /// <summary>
    /// Adds the process pool, the live sessions and an <see cref="IChatClient"/>, all started and drained with the host. Without
    /// a CLI on the machine the host starts nevertheless, says so, and every turn fails with what to do.
    /// </summary>
    public static IServiceCollection AddClaudeCode(this IServiceCollection services, Action<ClaudeOptions>? configure = null)
    {
        services.AddWarmPool();
        services.AddOptions<ClaudeSessionOptions>().ValidateDataAnnotations().ValidateOnStart();
        var options = services.AddOptions<ClaudeOptions>()
            .ValidateDataAnnotations()
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.PostConfigure<ClaudeOptions>(claude =>
        {
            claude.ApiKey ??= Environment.GetEnvironmentVariable("ANTHROPIC_API_KEY");
            claude.BaseUrl ??= Environment.GetEnvironmentVariable("ANTHROPIC_BASE_URL");
        });
        services.TryAddSingleton<ClaudeCli>();
        services.TryAddSingleton<ClaudeHome>();
        services.TryAddSingleton<ClaudeProfiles>();
        services.TryAddSingleton<SessionMetrics>();
        services.TryAddSingleton<ClaudeConversations>();
        services.TryAddSingleton<IClaudeConversations>(provider => provider.GetRequiredService<ClaudeConversations>());
        services.TryAddSingleton<IChatClient, ClaudeChatClient>();
        services.AddHostedService<ClaudeService>();
        return services;
    }

    // Registered after the pool's, so that sessions end before the pool drains.
    private sealed partial class ClaudeService(
        WarmPool pool, ClaudeProfiles profiles, ClaudeHome home, ClaudeConversations conversations, ILogger<ClaudeService> logger) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            try
            {
                var profile = profiles.Default;
                LogFound(logger, profile.FileName, home.CredentialSource ?? "none");
                foreach (var proxy in home.WithheldProxies)
                {
                    LogWithheld(logger, proxy);
                }

                pool.Register(profile);
            }
            catch (ClaudeException missing)
            {
                LogMissing(logger, missing.Message);
            }

            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => conversations.DisposeAsync().AsTask();

        [LoggerMessage(Level = LogLevel.Information, Message = "Claude CLI: {Path}; credentials: {CredentialSource}")]
        private static partial void LogFound(ILogger logger, string path, string credentialSource);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Variable} holds a password and is kept from the CLI; name it in Pilotlight:Claude:PassEnvironment if the API is to be reached through it")]
        private static partial void LogWithheld(ILogger logger, string variable);

        [LoggerMessage(Level = LogLevel.Error, Message = "{Problem}")]
        private static partial void LogMissing(ILogger logger, string problem);
    }
}
