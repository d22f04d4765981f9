using System.Diagnostics;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Profiles;
using Pilotlight.Client;
using Pilotlight.Client.Turns;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Processes;
using Pilotlight.Tool.Cli;
using Pilotlight.Tool.Client;
using Pilotlight.Tool.Serving;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Bench;

/// <summary>What is measured on: a gateway with a pool of two, one without a pool, and clients of both.</summary>
internal sealed class BenchRig : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder;
    private readonly GatewayServer _pooled;
    private readonly GatewayServer _bare;

    private BenchRig(DirectoryInfo folder, GatewayServer pooled, GatewayServer bare, string cli)
    {
        (_folder, _pooled, _bare) = (folder, pooled, bare);
        Client = Gateways.Open(pooled.Addresses[0]);
        BareClient = Gateways.Open(bare.Addresses[0]);
        Print = new ClaudePrint(pooled.Services.GetRequiredService<ClaudeHome>(), cli);
        Http = pooled.Simulator is { } simulator ? new PlainHttp(simulator.BaseAddress) : null;
        Probe = new ProcessProbe(pooled.Services.GetRequiredService<ClaudeProfiles>());
        Stored = new StoredThreads(
            pooled.Services.GetRequiredService<IThreadStore>(), pooled.Services.GetRequiredService<ITurnStore>(), pooled.Services.GetRequiredService<ServerEpoch>(), pooled.Services.GetRequiredService<TimeProvider>());
    }

    public GatewayServer Pooled => _pooled;

    public PilotlightClient Client { get; }

    public PilotlightClient BareClient { get; }

    public ClaudePrint Print { get; }

    /// <summary>The API by plain HTTP; null with a real one.</summary>
    public PlainHttp? Http { get; }

    public ProcessProbe Probe { get; }

    public StoredThreads Stored { get; }

    public WarmPool Pool => _pooled.Services.GetRequiredService<WarmPool>();

    /// <summary>The CLI that it runs.</summary>
    public string Cli => _pooled.Cli!;

    /// <exception cref="StartException">The CLI or, for a real model, a credential is missing.</exception>
    public static async Task<BenchRig> StartAsync(bool simulate, bool mayFetch, CancellationToken cancellationToken)
    {
        var cli = await FindCliAsync(simulate, mayFetch, cancellationToken);
        var folder = Directory.CreateTempSubdirectory("pilotlight-bench-");
        GatewayServer? pooled = null;
        GatewayServer? bare = null;
        try
        {
            pooled = await StartAsync("pooled", "--Pilotlight:Pool:MinIdle=2", "--Pilotlight:Pool:MaxIdle=2");
            if (await pooled.MissingAsync(cancellationToken) is { } missing)
            {
                throw new StartException(missing + CliSetup.Offer(pooled.Cli));
            }

            bare = await StartAsync("bare", "--Pilotlight:Pool:MinIdle=0", "--Pilotlight:Pool:MaxIdle=0", "--Pilotlight:Sessions:MaxHot=0");
            return new BenchRig(folder, pooled, bare, pooled.Cli!);
        }
        catch
        {
            await DisposeAsync(folder, pooled, bare);
            throw;
        }

        Task<GatewayServer> StartAsync(string name, params string[] settings) => GatewayServer.StartAsync(
            new ServeSettings("http://127.0.0.1:0", Path.Combine(folder.FullName, name), simulate, settings, IsQuiet: true, cli), cancellationToken);
    }

    /// <summary>The CLI to measure with; null where the settings name it, or it is on PATH.</summary>
    public static Task<string?> FindCliAsync(bool simulate, bool mayFetch, CancellationToken cancellationToken)
    {
        // Its own data is gone afterwards; a CLI that was fetched stays where the other commands find it.
        var data = ServeSettings.DefaultData;
        return new CliSetup(data).EnsureAsync(new ServeSettings("", data, simulate, []).ReadConfiguration(), mayFetch || simulate, cancellationToken);
    }

    /// <summary>A turn over HTTP, timed by its client.</summary>
    /// <param name="expected">Where its process must come from, or the figure would be told under the wrong name; null for anywhere.</param>
    public static async Task<Sample> TurnAsync(PilotlightClient client, string thread, string question, string? expected, CancellationToken cancellationToken)
    {
        var startedAt = Stopwatch.GetTimestamp();
        double? first = null;
        string? source = null;
        await foreach (var turnEvent in client.RunTurnAsync(thread, question, cancellationToken))
        {
            switch (turnEvent)
            {
                case TurnStarted started:
                    source = started.Acquire.Source;
                    break;
                case TextDelta:
                    first ??= Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
                    break;
                case TurnFailed failed:
                    throw new InvalidOperationException(failed.Problem.Detail);
            }
        }

        var end = Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
        return expected is null || source == expected
            ? new Sample(first ?? throw new InvalidOperationException("The answer had no text."), end)
            : throw new InvalidOperationException($"A turn that was to be {expected} was {source}: the figure would be told under the wrong name. Run it on a machine with less else to do.");
    }

    /// <summary>Waits until the stock is full and its processes have settled.</summary>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        await UntilAsync(Pool, () => Pool.GetSnapshot().Profiles is [{ Starting: 0 } chat, ..] && chat.Parked >= chat.Target, "No process came to be parked", cancellationToken);

        // A parked process is still busy with its own start for a while; a user seldom comes in that moment.
        await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
    }

    /// <summary>Begins to make a thread ready, as a client does while its user types, and waits until it is.</summary>
    public async Task MakeReadyAsync(string thread, CancellationToken cancellationToken)
    {
        var conversations = _pooled.Services.GetRequiredService<IClaudeConversations>();
        var before = Hot();
        await Client.WarmAsync(thread, cancellationToken);
        await UntilAsync(Pool, () => Hot() > before, "A thread could not be made ready", cancellationToken);
        await ReadyAsync(cancellationToken);

        int Hot() => conversations.CountHot().Values.Sum();
    }

    /// <summary>Waits until something is so.</summary>
    /// <exception cref="InvalidOperationException">It was not for too long; says what the pool failed with last.</exception>
    public static async Task UntilAsync(WarmPool pool, Func<bool> isSo, string otherwise, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            if (Stopwatch.GetElapsedTime(since) > s_patience)
            {
                var why = pool.GetSnapshot().Profiles.Select(row => row.LastFailure).OfType<string>().FirstOrDefault();
                throw new InvalidOperationException($"{otherwise} in {s_patience.TotalMinutes:0} minutes{(why is null ? "" : $": {why}")}. Run 'pilotlight doctor'.");
            }

            await Task.Delay(20, cancellationToken);
        }
    }

    /// <summary>Lets a thread's process go.</summary>
    public async Task ForgetAsync(string thread) => await _pooled.Services.GetRequiredService<IClaudeConversations>().ForgetAsync(thread);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        BareClient.Dispose();
        Http?.Dispose();
        await DisposeAsync(_folder, _pooled, _bare);
    }

    private static async Task DisposeAsync(DirectoryInfo folder, GatewayServer? pooled, GatewayServer? bare)
    {
        foreach (var server in new[] { pooled, bare })
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }
        }

        folder.Delete(recursive: true);
    }
}
