using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>The turns of this server: takes them on, lets clients follow and cancel them, and sees them to their end.</summary>
/// <remarks>A turn belongs to the server: a client that leaves changes nothing about it. Safe for concurrent use.</remarks>
internal sealed partial class TurnService(
    TurnRunner runner,
    ITurnStore turns,
    IThreadStore threads,
    IClaudeConversations conversations,
    IStorageInitializer storage,
    TurnIntake intake,
    ServerLife life,
    ServerEpoch epoch,
    TurnPlaces places,
    IOptions<RelayOptions> relay,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    TurnNews news,
    ILogger<TurnService> logger) : IHostedService, IThreadWork
{
    private readonly ConcurrentDictionary<string, LiveTurn> _live = new(StringComparer.Ordinal);
    private ITimer? _looks;
    private volatile bool _draining;
    private Task? _drained;

    /// <summary>Turns in progress.</summary>
    public int Running => _live.Count;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await storage.InitializeAsync(cancellationToken);
        await CompileQueriesAsync(cancellationToken);
        var waiting = await life.BeginAsync(cancellationToken);

        // From the first moment of a stop: the web server is stopped before this service, and waits for the streams of running turns.
        lifetime.ApplicationStopping.Register(() => _drained = DrainAsync());
        foreach (var turn in waiting)
        {
            Run(new LiveTurn(turn, time.GetTimestamp()), places.TakeAnyway());
        }

        life.GoOn(turn => Run(new LiveTurn(turn, time.GetTimestamp()), places.TakeAnyway()));
        var often = TimeSpan.FromTicks(Math.Clamp(relay.Value.UnwatchedTimeout.Ticks / 10, TimeSpan.TicksPerMillisecond * 50, TimeSpan.TicksPerSecond * 30));
        _looks = time.CreateTimer(_ => EndUnwatched(), null, often, often);
    }

    public Task StopAsync(CancellationToken cancellationToken) => (_drained ??= DrainAsync()).WaitAsync(cancellationToken);

    // No new turns; running ones finish until their time is up, and the rest are told.
    private async Task DrainAsync()
    {
        _draining = true;
        _looks?.Dispose();
        var startedAt = time.GetTimestamp();
        var running = _live.Values.ToArray();
        LogDraining(logger, running.Length);
        var left = Array.Empty<LiveTurn>();
        try
        {
            await Task.WhenAll(running.Select(live => live.Ended)).WaitAsync(relay.Value.DrainTimeout, time);
        }
        catch (TimeoutException)
        {
            left = [.. _live.Values];
            LogInterrupting(logger, left.Length);
            await Task.WhenAll(left.Select(live => live.InterruptAsync()));
            await Task.WhenAll(left.Select(live => live.Ended));
        }
        finally
        {
            await life.DisposeAsync();
        }

        var seconds = time.GetElapsedTime(startedAt).TotalSeconds;
        LogDrained(logger, seconds, running.Length - left.Length, left.Length);
    }

    // Who began it has gone for good: what it says from here on is paid for and read by nobody.
    private void EndUnwatched()
    {
        foreach (var live in _live.Values)
        {
            if (live.LookForReaders(time) > relay.Value.UnwatchedTimeout)
            {
                LogUnwatched(logger, live.Turn.Id, relay.Value.UnwatchedTimeout);
                _ = live.CancelAsync();
            }
        }
    }

    /// <summary>Takes a turn on, or says which one the same key took on before.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="threadId">In which thread.</param>
    /// <param name="text">What the user says.</param>
    /// <param name="idempotencyKey">Makes a retry safe; null for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="arrivedAt">When its request arrived, as a timestamp: what the gateway takes counts from there; null for now.</param>
    /// <param name="replaces">An ended turn of the thread to take out once this one is taken on; it stays when the store fails at that. Null for none.</param>
    /// <exception cref="ProblemException">It cannot be: no such thread, a turn is running, the key was used, the server is full or stops.</exception>
    public async Task<(Turn Turn, LiveTurn? Live, bool IsReplay)> BeginAsync(
        Caller caller,
        string threadId,
        string text,
        string? idempotencyKey,
        CancellationToken cancellationToken,
        long? arrivedAt = null,
        string? replaces = null)
    {
        var startedAt = arrivedAt ?? time.GetTimestamp();
        if (_draining)
        {
            throw TurnProblems.Stopping();
        }

        var place = places.Take();
        try
        {
            return await AcceptAsync();
        }
        catch
        {
            place.Dispose();
            throw;
        }

        async Task<(Turn Turn, LiveTurn? Live, bool IsReplay)> AcceptAsync()
        {
            var taken = await intake.AcceptAsync(caller, threadId, text, idempotencyKey, cancellationToken);
            if (taken.Status != AcceptStatus.Accepted)
            {
                place.Dispose();
            }
            else if (replaces is not null)
            {
                // What was made ready of the thread still holds the turn that goes: it is read anew.
                await TakeOutAsync(threadId, replaces, taken.Turn);
                return (taken.Turn, Run(new LiveTurn(taken.Turn, startedAt) { Rate = taken.Rate }, place), false);
            }

            return taken.Status switch
            {
                AcceptStatus.Accepted => (taken.Turn, Run(new LiveTurn(taken.Turn, startedAt, taken.Prepared) { Rate = taken.Rate }, place), false),
                AcceptStatus.Replayed => (taken.Turn, _live.GetValueOrDefault(taken.Turn.Id), true),
                AcceptStatus.KeyReused => throw TurnProblems.KeyReused(idempotencyKey!),
                AcceptStatus.Busy => throw TurnProblems.ThreadBusy(threadId, taken.Turn.Id),
                _ => throw TurnProblems.Contended(threadId),
            };
        }
    }

    // The new turn is taken on and holds its thread: it runs, whatever becomes of the old one.
    private async Task TakeOutAsync(string threadId, string replaced, Turn by)
    {
        try
        {
            await threads.RemoveTurnAsync(threadId, replaced, CancellationToken.None);
        }
        catch (Exception fault)
        {
            LogStays(logger, replaced, by.Id, fault.Message);
        }
    }

    /// <summary>A turn's events after one, to its end.</summary>
    public async IAsyncEnumerable<StoredEvent> ReadEventsAsync(
        string turnId, long afterId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_live.TryGetValue(turnId, out var live))
        {
            await foreach (var stored in live.ReadAsync(afterId, cancellationToken))
            {
                yield return stored;
            }

            yield break;
        }

        foreach (var stored in await turns.ReadEventsAsync(turnId, afterId, cancellationToken))
        {
            yield return stored;
        }
    }

    /// <summary>The thread's turn in progress, or null.</summary>
    public Turn? FindRunning(string threadId) => _live.Values.FirstOrDefault(live => live.Turn.ThreadId == threadId)?.Turn;

    /// <summary>Asks a turn to stop; false when it has ended already.</summary>
    public async Task<bool> CancelAsync(string turnId)
    {
        if (!_live.TryGetValue(turnId, out var live))
        {
            return false;
        }

        await live.CancelAsync();
        return true;
    }

    /// <summary>Stops what a thread is doing and lets its process go.</summary>
    public async Task ForgetAsync(string threadId)
    {
        foreach (var live in _live.Values.Where(live => live.Turn.ThreadId == threadId))
        {
            await live.CancelAsync();
            try
            {
                await live.Ended.WaitAsync(relay.Value.DrainTimeout, time);
            }
            catch (TimeoutException)
            {
                throw TurnProblems.DoesNotEnd(live.Turn.Id, relay.Value.DrainTimeout);
            }
        }

        await conversations.ForgetAsync(threadId);
    }

    /// <summary>Makes a process ready for the thread's next turn; one that is not stored yet has said nothing.</summary>
    public async Task WarmAsync(ChatThread thread, bool isStored)
    {
        if (_draining)
        {
            throw TurnProblems.Stopping();
        }

        var conversation = isStored
            ? await intake.ReadAsync(thread.Id, lifetime.ApplicationStopping) ?? throw ThreadProblems.NoThread(thread.Id)
            : new HotThread(thread, []).ToConversation(droppedTurns: 0);
        await conversations.WarmAsync(conversation, lifetime.ApplicationStopping);
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

    private LiveTurn Run(LiveTurn live, IDisposable place)
    {
        _live[live.Turn.Id] = live;
        live.Ended = RunToEndAsync(live, place);
        news.TellBegan(live.Turn);
        return live;
    }

    private async Task RunToEndAsync(LiveTurn live, IDisposable place)
    {
        using var held = place;
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await runner.RunAsync(live, epoch.Value);
        _live.TryRemove(live.Turn.Id, out _);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: {Count} turns are running, no new ones are taken")]
    private static partial void LogDraining(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Turns have stopped after {Seconds:0.0} s: {Finished} finished by themselves, {Interrupted} were interrupted")]
    private static partial void LogDrained(ILogger logger, double seconds, int finished, int interrupted);

    [LoggerMessage(Level = LogLevel.Information, Message = "Turn {Turn} is cancelled: nobody has followed it for {Limit}")]
    private static partial void LogUnwatched(ILogger logger, string turn, TimeSpan limit);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Turn {Replaced} could not be taken out and stays in its thread before {Turn}: {Cause}")]
    private static partial void LogStays(ILogger logger, string replaced, string turn, string cause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} turns did not end in time and are interrupted")]
    private static partial void LogInterrupting(ILogger logger, int count);
}
