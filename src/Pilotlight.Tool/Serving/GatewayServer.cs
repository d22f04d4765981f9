using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Installation;
using Pilotlight.Cluster;
using Pilotlight.Core.Access;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;
using Pilotlight.Processes;
using Pilotlight.Simulator;
using Pilotlight.Tool.Settings;
using Pilotlight.Wire;
using Pilotlight.WebConsole;

namespace Pilotlight.Tool.Serving;

/// <summary>The gateway with all that it needs: where the parts are put together.</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SimulatorServer? _simulator;
    private readonly DataFolder _folder;
    private StopDeadline? _deadline;

    private GatewayServer(WebApplication app, SimulatorServer? simulator, DataFolder folder) => (_app, _simulator, _folder) = (app, simulator, folder);

    /// <summary>Where it listens.</summary>
    public IReadOnlyList<Uri> Addresses => [.. _app.Services.GetRequiredService<IServer>().Features
        .Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address))];

    /// <summary>Its simulator, when it has one.</summary>
    public SimulatorServer? Simulator => _simulator;

    public IServiceProvider Services => _app.Services;

    /// <summary>The CLI's binary; null when there is none.</summary>
    public string? Cli => Services.GetRequiredService<ClaudeCli>().Find(out _);

    /// <summary>What is missing before turns can be served (a CLI, a newer one, a credential); null when nothing is.</summary>
    public async Task<string?> MissingAsync(CancellationToken cancellationToken)
    {
        var health = await _app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Name == GatewayRegistration.ClaudeCheck, cancellationToken);
        var claude = health.Entries[GatewayRegistration.ClaudeCheck];
        return claude.Status == HealthStatus.Healthy ? null : claude.Description;
    }

    /// <summary>Puts it together and starts it.</summary>
    /// <exception cref="StartException">It cannot be; the message says why, all faults at once.</exception>
    public static async Task<GatewayServer> StartAsync(ServeSettings settings, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(GatewayServer).Assembly.GetName().Name, // Names the console's files, also when another program hosts it.
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddJsonFile(Path.Combine(Environment.CurrentDirectory, "appsettings.json"), optional: true, reloadOnChange: true);
        builder.Configuration.AddEnvironmentVariables();
        builder.Configuration.AddCommandLine([.. settings.Overrides]);
        Check(settings, builder.Configuration);

        SimulatorServer? simulator = null;
        WebApplication? app = null;
        var folder = DataFolder.Take(settings.Data);
        try
        {
            if (settings.Simulate)
            {
                var options = builder.Configuration.GetSection(SimulatorOptions.Section).Get<SimulatorOptions>() ?? new SimulatorOptions();
                simulator = await SimulatorServer.StartAsync(options, cancellationToken);
            }

            Configure(builder, settings, simulator);
            app = builder.Build();
            Map(app);
            await ListenAddresses.CheckAsync(app.Services, settings.Urls, cancellationToken);
            await app.StartAsync(cancellationToken);
            var server = new GatewayServer(app, simulator, folder);
            folder.Announce(server.Addresses[0]);
            return server;
        }
        catch (Exception fault)
        {
            // What had been started before the fault: processes, turns, the store.
            if (app is not null)
            {
                await app.DisposeAsync();
            }

            folder.Dispose();
            if (simulator is not null)
            {
                await simulator.DisposeAsync();
            }

            throw Explain(fault, settings) ?? fault;
        }
    }

    /// <summary>Serves until it is told to stop, by a signal for instance, and has stopped in order.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken) => _app.WaitForShutdownAsync(cancellationToken);

    /// <summary>From now on a stop that hangs ends the program.</summary>
    public void BoundStop() => _deadline = new StopDeadline(
        _app.Lifetime, Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout + TimeSpan.FromSeconds(15), TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_simulator is not null)
        {
            await _simulator.DisposeAsync();
        }

        _folder.Dispose();
        _deadline?.Dispose();
    }

    private static void Configure(WebApplicationBuilder builder, ServeSettings settings, SimulatorServer? simulator)
    {
        var configuration = builder.Configuration;
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.UseUrls(ListenAddresses.Split(settings.Urls));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            kestrel.Limits.MaxRequestBodySize = new GatewayOptions().MaxBodyBytes;
        });

        builder.Services.Configure<HostFilteringOptions>(filter => filter.AllowedHosts = ListenAddresses.AllowedHosts(settings.Urls, configuration));
        Log(builder, settings.IsQuiet);

        var services = builder.Services;
        if (settings.Cluster)
        {
            ClusterNode.Add(builder);
        }

        services.AddPilotlightStorage(configuration, settings.Data);
        services.Configure<ClaudeOptions>(configuration.GetSection(ClaudeOptions.Section));
        services.Configure<WarmPoolOptions>(configuration.GetSection(WarmPoolOptions.Section));
        services.Configure<ClaudeSessionOptions>(configuration.GetSection(ClaudeSessionOptions.Section));
        services.Configure<RelayOptions>(configuration.GetSection(RelayOptions.Section));
        services.Configure<StreamOptions>(configuration.GetSection(StreamOptions.Section));
        services.Configure<CompatibleOptions>(configuration.GetSection(CompatibleOptions.Section));
        services.Configure<ProxyOptions>(configuration.GetSection(ProxyOptions.Section));
        services.Configure<WireOptions>(configuration.GetSection(WireOptions.Section));
        services.Configure<LimitOptions>(configuration.GetSection(LimitOptions.Section));
        services.Configure<ServerOptions>(server =>
        {
            server.IsSimulated = simulator is not null;
            server.Folder = settings.Data;
            server.Node = $"{Environment.MachineName}:{Path.GetFullPath(settings.Data)}";
        });
        services.AddClaudeCode(claude =>
        {
            claude.Path = claude.Path is { Length: > 0 } named ? named : settings.Cli;
            claude.HomeDirectory ??= Path.Combine(settings.Data, simulator is null ? "claude" : "claude-simulated");
            if (simulator is not null)
            {
                // Whatever key there is, it is none of the simulator's business.
                claude.ApiKey = "simulated";
                claude.BaseUrl = simulator.BaseAddress.ToString().TrimEnd('/');
            }
        });
        services.AddPilotlightGateway();
        services.AddPilotlightConsole();

        // Beside the database, with its permissions: sign-ins outlive a restart.
        services.AddDataProtection().SetApplicationName("pilotlight").PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(settings.Data, "console-keys")));
        services.AddReference();
        services.AddSystemdNotices();
        services.AddTelemetry(configuration);

        // Turns drain first, then sessions and pool: each has a deadline of its own, and this one is theirs together.
        var relay = configuration.GetSection(RelayOptions.Section).Get<RelayOptions>() ?? new RelayOptions();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = relay.DrainTimeout + TimeSpan.FromSeconds(30));
    }

    private static void Log(WebApplicationBuilder builder, bool isQuiet)
    {
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        if (isQuiet)
        {
            // What a command says on stdout is its answer or its JSON, and nothing else.
            builder.Logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        }

        builder.Logging.SetMinimumLevel(isQuiet ? LogLevel.Error : LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        builder.Logging.AddFilter("Microsoft.Hosting", LogLevel.None);

        // What it warns of is told in the node's own words, but for why one cannot join.
        builder.Logging.AddFilter("Orleans", LogLevel.Critical);
        builder.Logging.AddFilter("Orleans.Runtime.MembershipService.MembershipAgent", LogLevel.Error);
        builder.Logging.AddFilter("Pilotlight.Cluster.Nodes.NodeService", LogLevel.Warning);
    }

    private static void Map(WebApplication app)
    {
        app.UsePilotlightGateway();
        app.UsePilotlightConsole();
        app.MapPilotlightGateway();
        app.MapReference();
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapPilotlightConsole();
    }

    private static void Check(ServeSettings settings, IConfiguration configuration)
    {
        var faults = SettingsCheck.Faults(configuration).ToList();
        if (settings.Cluster)
        {
            faults.AddRange(ClusterNode.Faults(configuration));
        }

        faults.AddRange(ListenAddresses.Faults(settings.Urls));
        if (faults.Count > 0)
        {
            throw new StartException("Pilotlight cannot start:\n" + string.Join('\n', faults.Select(fault => "  - " + fault)));
        }
    }

    private static StartException? Explain(Exception fault, ServeSettings settings) => fault switch
    {
        ClusterException cluster => new StartException("Pilotlight cannot start: " + cluster.Message, fault),
        StorageUnavailableException storage => new StartException("Pilotlight cannot start: " + storage.Message, fault),
        AddressInUseException => new StartException(
            $"Pilotlight cannot start: the port for other nodes is in use: {fault.Message}. Stop what listens there, or choose another with --Pilotlight:Cluster:SiloPort=PORT.", fault),
        IOException { InnerException: AddressInUseException } => new StartException(
            $"Pilotlight cannot start: the address {settings.Urls} is in use. Stop what listens there, or choose another with --urls http://127.0.0.1:PORT.", fault),
        IOException { InnerException: SocketException } or SocketException => new StartException(
            $"Pilotlight cannot start: it cannot listen on {settings.Urls}: {fault.Message}", fault),
        OptionsValidationException options => new StartException(
            "Pilotlight cannot start:\n" + string.Join('\n', options.Failures.Select(failure => "  - " + failure)), fault),
        _ => null,
    };
}
