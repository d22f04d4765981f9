using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Pilotlight.Core.Access;
using Pilotlight.Core.Attachments;
using Pilotlight.Core.Context;
using Pilotlight.Core.InProcess;
using Pilotlight.Core.Nodes;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Telemetry;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Core.Usage;
using Pilotlight.Core.Workspaces;

namespace Pilotlight.Core;

/// <summary>Adds threads, turns, access and usage to an application.</summary>
public static class CoreRegistration
{
    /// <summary>Adds them. Needs a storage (<c>AddPilotlightSqlite</c>) and <c>AddClaudeCode</c>; add it after both, so that it stops before them.</summary>
    public static IServiceCollection AddPilotlightCore(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddOptions<ServerOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<RelayOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<LimitOptions>().ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ServerEpoch>();
        services.AddSingleton<Admission>();
        services.AddSingleton<KeyService>();
        services.AddHostedService<KeyUse>();
        services.AddSingleton<HotThreads>();
        services.AddSingleton<ContextLimits>();
        services.AddSingleton<AttachmentReader>();
        services.AddSingleton<TurnIntake>();
        services.AddSingleton<UsageLog>();
        services.AddSingleton<ServerLife>();
        services.AddSingleton<TurnTelemetry>();
        services.AddSingleton<TurnPlaces>();
        services.AddSingleton<TurnEngine>();
        services.AddSingleton<RunningTurns>();
        services.AddSingleton<WaitingTurns>();
        services.AddSingleton<ResumedTurns>();
        services.AddSingleton<StoredJournals>();
        services.AddSingleton<StoredTurnRunner>();
        services.AddSingleton<StoredTurns>();
        services.AddSingleton<ApprovalService>();
        services.AddSingleton<CallTurns>();
        services.TryAddSingleton<ITurnNodes, NoOtherNodes>();
        services.TryAddSingleton<ICallNodes, NoOtherNodes>();
        services.AddSingleton<TurnService>();
        services.AddSingleton<FileRewinds>();
        services.AddSingleton<ThreadForks>();
        services.AddSingleton<ThreadAttachments>();
        services.AddSingleton<ThreadExports>();
        services.AddSingleton<ThreadWork>();
        services.AddSingleton<IThreadWork>(provider => provider.GetRequiredService<ThreadWork>());
        services.AddSingleton<WarmUps>();
        services.AddSingleton<ThreadNews>();
        services.AddSingleton<TurnNews>();
        services.AddSingleton<ThreadService>();
        if (OperatingSystem.IsLinux())
        {
            services.AddSingleton<ThreadWorkspaces>();
        }

        services.AddSingleton<ThisNode>();
        services.TryAddSingleton<INodes, OneNode>();
        services.AddSingleton(LocalGateway.Create);
        services.AddSingleton(LocalFiles.Create);
        services.AddSingleton<LocalOperations>();
        services.AddHostedService<TurnLife>();
        return services;
    }
}
