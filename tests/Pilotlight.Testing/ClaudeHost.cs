using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Processes;
using Pilotlight.Simulator;

namespace Pilotlight.Testing;

/// <summary>A host with Claude Code on the real CLI, talking to a simulator of its own, in a home of its own.</summary>
public sealed class ClaudeHost : IAsyncDisposable
{
    private static readonly TimeSpan WarmthLimit = TimeSpan.FromMinutes(2);

    private readonly IHost _host;
    private readonly DirectoryInfo _home;

    private ClaudeHost(IHost host, SimulatorServer simulator, DirectoryInfo home)
    {
        (_host, Simulator, _home) = (host, simulator, home);
    }

    public SimulatorServer Simulator { get; }

    public IServiceProvider Services => _host.Services;

    public IClaudeConversations Conversations => Services.GetRequiredService<IClaudeConversations>();

    public IChatClient ChatClient => Services.GetRequiredService<IChatClient>();

    public WarmPool Pool => Services.GetRequiredService<WarmPool>();

    public string Home => _home.FullName;

    /// <summary>For a pool that keeps a process of each profile parked. Where nothing is said about the pool it keeps none: it would cost more than most tests do.</summary>
    public static Action<WarmPoolOptions> OneParked { get; } = static pool => pool.MinIdle = 1;

    public static async Task<ClaudeHost> StartAsync(
        Action<ClaudeOptions>? claude = null,
        Action<WarmPoolOptions>? pool = null,
        Action<ClaudeSessionOptions>? sessions = null,
        Action<IServiceCollection>? services = null,
        SimulatorOptions? simulator = null)
    {
        var server = await SimulatorServer.StartAsync(simulator);
        var home = Directory.CreateTempSubdirectory("pilotlight-test-");
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Debug);
        builder.Services.AddClaudeCode(options =>
        {
            options.Path = RealCli.Path;
            options.ApiKey = "sk-ant-not-a-real-key";
            options.BaseUrl = server.BaseAddress.ToString().TrimEnd('/');
            options.HomeDirectory = home.FullName;
            claude?.Invoke(options);
        });
        builder.Services.Configure<WarmPoolOptions>(options =>
        {
            (options.MinIdle, options.MaxIdle) = pool is null ? (0, 0) : (1, options.MaxIdle);
            pool?.Invoke(options);
        });
        if (sessions is not null)
        {
            builder.Services.Configure(sessions);
        }

        services?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync();
        return new ClaudeHost(host, server, home);
    }

    /// <summary>Waits until a process of the default profile is parked.</summary>
    public async Task WaitForWarmthAsync(CancellationToken cancellationToken, string profile = "chat")
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(WarmthLimit);
        while (Pool.GetSnapshot().Profiles.FirstOrDefault(row => row.Name == profile) is not { Parked: > 0 })
        {
            await Task.Delay(10, limit.Token);
        }
    }

    /// <summary>Runs a turn to its end.</summary>
    public async Task<IReadOnlyList<TurnEvent>> RunAsync(Conversation conversation, string text, CancellationToken cancellationToken)
    {
        var events = new List<TurnEvent>();
        await foreach (var turnEvent in Conversations.RunTurnAsync(conversation, [new UserText(text)], cancellationToken))
        {
            events.Add(turnEvent);
        }

        return events;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        switch (_host)
        {
            case IAsyncDisposable host:
                await host.DisposeAsync();
                break;
            default:
                _host.Dispose();
                break;
        }

        await Simulator.DisposeAsync();
        _home.Delete(recursive: true);
    }
}
