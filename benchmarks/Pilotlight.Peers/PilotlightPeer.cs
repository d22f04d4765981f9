using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Processes;
using Pilotlight.Tool.Bench;

namespace Pilotlight.Peers;

/// <summary>The library, with a pool of two and without one.</summary>
internal sealed class PilotlightPeer : IAsyncDisposable
{
    private readonly IHost _pooled;
    private readonly IHost _bare;
    private readonly List<double> _acquired = [];
    private int _parked;
    private int _conversations;
    private Conversation _last = new() { Id = "none" };

    private PilotlightPeer(IHost pooled, IHost bare) => (_pooled, _bare) = (pooled, bare);

    /// <summary>Milliseconds from asking the pool to having a process, median of the warm and idle runs.</summary>
    public double AcquireMedian => Quantiles.Median(_acquired);

    /// <param name="machine">What it runs on.</param>
    /// <param name="parked">How many processes are kept parked.</param>
    /// <param name="most">How many there are at most, and hot conversations among them; null for as many hot as parked.</param>
    public static async Task<PilotlightPeer> StartAsync(CliUnderTest machine, int parked = 2, int? most = null)
    {
        var pooled = Build(machine, parked, most);
        var bare = Build(machine, 0);
        await pooled.StartAsync();
        await bare.StartAsync();
        return new PilotlightPeer(pooled, bare) { _parked = parked };
    }

    /// <summary>A conversation of two turns, to be gone on with later; what it returns asks, once.</summary>
    public async Task<Func<Task<double>>> PrepareHotAsync()
    {
        await ReadyAsync();
        var conversation = New([]);
        await RunAsync(_pooled, conversation, AcquireSource.Warm);
        await RunAsync(_pooled, conversation, AcquireSource.Hot);
        await ReadyAsync();
        return () => RunAsync(_pooled, conversation, AcquireSource.Hot);
    }

    /// <summary>A new conversation on a process that is parked.</summary>
    public Task<double> ParkedAsync() => RunAsync(_pooled, New([]), AcquireSource.Warm);

    public Task<double> ColdAsync() => RunAsync(_bare, New([]), AcquireSource.Cold);

    public async Task<double> WarmAsync(TimeSpan idle)
    {
        await ReadyAsync();
        await Task.Delay(idle);
        await AcquireAsync();
        await ReadyAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
        return await RunAsync(_pooled, _last = New([]), AcquireSource.Warm);
    }

    public Task<double> HotAsync() => RunAsync(_pooled, _last, AcquireSource.Hot);

    public async Task<double> ReplayAsync(int turns)
    {
        await ReadyAsync();
        await Task.Delay(TimeSpan.FromSeconds(1));
        return await RunAsync(_pooled, New(Stored(turns)), AcquireSource.Warm);
    }

    public async Task<double> AheadAsync(int turns)
    {
        await ReadyAsync();
        var conversation = New(Stored(turns));
        await Conversations(_pooled).WarmAsync(conversation, CancellationToken.None);
        await Task.Delay(TimeSpan.FromSeconds(1));
        return await RunAsync(_pooled, conversation, AcquireSource.Warm);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in (IHost[])[_pooled, _bare])
        {
            await host.StopAsync();
            host.Dispose();
        }
    }

    private static IHost Build(CliUnderTest machine, int parked, int? most = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddClaudeCode(claude =>
            (claude.Path, claude.BaseUrl, claude.HomeDirectory, claude.ApiKey) = (machine.Path, machine.Api, Path.Combine(machine.Home, "pilotlight"), "simulated"));
        builder.Services.Configure<WarmPoolOptions>(pool => (pool.MinIdle, pool.MaxIdle, pool.MaxProcesses) = (parked, parked, most ?? pool.MaxProcesses));
        builder.Services.Configure<ClaudeSessionOptions>(sessions => sessions.MaxHot = most ?? parked);
        return builder.Build();
    }

    private static IClaudeConversations Conversations(IHost host) => host.Services.GetRequiredService<IClaudeConversations>();

    private static List<HistoryMessage> Stored(int turns) => [.. Enumerable.Range(1, turns).SelectMany(turn => new HistoryMessage[]
    {
        new(HistoryRole.User, $"Question {turn}: say something short."),
        new(HistoryRole.Assistant, $"Answer {turn}, of a few words."),
    })];

    private Conversation New(IReadOnlyList<HistoryMessage> history) => new() { Id = $"peer-{++_conversations}", History = history };

    // The pool's own share, apart from what the CLI then does.
    private async Task AcquireAsync()
    {
        var profile = _pooled.Services.GetRequiredService<Claude.Profiles.ClaudeProfiles>().Default;
        var startedAt = Stopwatch.GetTimestamp();
        var acquiring = _pooled.Services.GetRequiredService<WarmPool>().AcquireAsync(profile);
        _acquired.Add(Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
        await using var lease = await acquiring;
        if (lease.Source != LeaseSource.Warm)
        {
            throw new InvalidOperationException("The acquire was not warm: the figure would be told under the wrong name.");
        }
    }

    /// <summary>Returns when all are parked that shall be.</summary>
    public async Task ReadyAsync()
    {
        var pool = _pooled.Services.GetRequiredService<WarmPool>();
        while (pool.GetSnapshot().Profiles is not [{ Starting: 0 } chat, ..] || chat.Parked < _parked)
        {
            await Task.Delay(50);
        }
    }

    private static async Task<double> RunAsync(IHost host, Conversation conversation, AcquireSource expected)
    {
        var startedAt = Stopwatch.GetTimestamp();
        double? first = null;
        await foreach (var turnEvent in Conversations(host).RunTurnAsync(conversation, [new UserText(CliUnderTest.Question)], CancellationToken.None))
        {
            switch (turnEvent)
            {
                case TurnStarted started when started.Source != expected:
                    throw new InvalidOperationException($"A turn that was to be {expected} was {started.Source}: the figure would be told under the wrong name.");
                case TextDelta:
                    first ??= Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
                    break;
                case TurnFailed failed:
                    throw new InvalidOperationException(failed.Error.Message);
            }
        }

        return first ?? throw new InvalidOperationException("The answer had no text.");
    }
}
