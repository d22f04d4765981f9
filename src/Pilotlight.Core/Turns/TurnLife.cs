using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>Begins the life of turns with the server's, the store made ready before, and ends it in order.</summary>
internal sealed class TurnLife(
    IStorageInitializer storage,
    ITurnStore turns,
    IThreadStore threads,
    ServerLife server,
    RunningTurns running,
    IOptions<RelayOptions> relay,
    IHostApplicationLifetime lifetime,
    TimeProvider time) : IHostedService, IDisposable
{
    private ITimer? _looks;
    private Task? _drained;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await storage.InitializeAsync(cancellationToken);
        await CompileQueriesAsync(cancellationToken);
        await server.BeginAsync(cancellationToken);

        // From the first moment of a stop: the web server is stopped before this service, and waits for the streams of running turns.
        lifetime.ApplicationStopping.Register(() => _drained = DrainAsync());
        var often = TimeSpan.FromTicks(Math.Clamp(relay.Value.UnwatchedTimeout.Ticks / 10, TimeSpan.TicksPerMillisecond * 50, TimeSpan.TicksPerSecond * 30));
        _looks = time.CreateTimer(_ => running.EndUnwatched(), null, often, often);
    }

    public Task StopAsync(CancellationToken cancellationToken) => (_drained ??= DrainAsync()).WaitAsync(cancellationToken);

    public void Dispose() => _looks?.Dispose();

    private async Task DrainAsync()
    {
        try
        {
            await running.DrainAsync();
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    // A query's first run costs tens of milliseconds, which the first user would wait for: ask for what is not there.
    private async Task CompileQueriesAsync(CancellationToken cancellationToken)
    {
        await threads.FindAsync("", cancellationToken);
        await turns.FindAsync("", "", cancellationToken);
        await turns.ReadEventsAsync("", 0, cancellationToken);
        await threads.ReadHistoryAsync("", cancellationToken);
        await turns.AcceptAsync(new NewTurnRequest(new Turn("", "", TurnState.Accepted, "", "", "", "")), time.GetUtcNow(), cancellationToken);
        await turns.TryStartAsync("", 0, time.GetUtcNow(), cancellationToken);
        await turns.AppendAsync("", 0, [], cancellationToken);
    }
}
