using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>The turns of threads: takes them on, and lets clients follow and cancel them, on whichever server they run.</summary>
/// <remarks>A turn belongs to the server: a client that leaves changes nothing about it. Safe for concurrent use.</remarks>
internal sealed partial class TurnService(
    TurnIntake intake, StoredTurns stored, RunningTurns running, WaitingTurns waits, TurnPlaces places, ITurnNodes nodes, ITurnStore turns, IThreadStore threads, TimeProvider time, ILogger<TurnService> logger)
{
    // Between two looks into the store at a turn that runs on another server.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    // The same at one that waits for a person; where it is taken up here, that is told.
    private static readonly TimeSpan LookAtWaitingEvery = TimeSpan.FromSeconds(2);

    /// <summary>Takes a turn on, or says which one the same key took on before.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="threadId">In which thread.</param>
    /// <param name="text">What the user says.</param>
    /// <param name="idempotencyKey">Makes a retry safe; null for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="arrivedAt">When its request arrived, as a timestamp: what the gateway takes counts from there; null for now.</param>
    /// <param name="replaces">An ended turn of the thread to take out once this one is taken on; it stays when the store fails at that. Null for none.</param>
    /// <param name="prompt">What it asks beyond its text; null for nothing.</param>
    /// <exception cref="ProblemException">It cannot be: no such thread, a turn is running, the key was used, the server is full or stops.</exception>
    public async Task<BegunTurn> BeginAsync(
        Caller caller,
        string threadId,
        string text,
        string? idempotencyKey,
        CancellationToken cancellationToken,
        long? arrivedAt = null,
        string? replaces = null,
        Prompt? prompt = null)
    {
        var startedAt = arrivedAt ?? time.GetTimestamp();
        var request = new TurnRequest(Ids.New("trn"), caller, threadId, text) { IdempotencyKey = idempotencyKey, Replaces = replaces, Prompt = prompt };
        return await nodes.BeginAsync(request) ?? await BeginHereAsync(request, startedAt, cancellationToken);
    }

    /// <summary>Takes a turn on to be run on this server.</summary>
    /// <exception cref="ProblemException">It cannot be.</exception>
    public async Task<BegunTurn> BeginHereAsync(TurnRequest request, long arrivedAt, CancellationToken cancellationToken)
    {
        var place = places.Take();
        IntakeResult taken;
        try
        {
            taken = await intake.AcceptAsync(request.Caller, request.ThreadId, request.Text, request.Prompt, request.IdempotencyKey, cancellationToken, request.Id);
        }
        catch
        {
            place.Dispose();
            throw;
        }

        if (taken.Status == AcceptStatus.Accepted)
        {
            if (request.Replaces is { } replaces)
            {
                // What was made ready of the thread still holds the turn that goes: it is read anew.
                await TakeOutAsync(request.ThreadId, replaces, taken.Turn);
            }

            return new BegunTurn(taken.Turn, stored.Run(taken, request.Caller.Limits, place, arrivedAt, isThreadChanged: request.Replaces is not null), false) { Node = nodes.Name };
        }

        place.Dispose();
        return taken.Status switch
        {
            AcceptStatus.Replayed => new BegunTurn(taken.Turn, running.Find(taken.Turn.Id), true) { Node = nodes.Name },

            // Taken on by another node that was asked before, and did not answer in time.
            AcceptStatus.Busy when taken.Turn.Id == request.Id => new BegunTurn(taken.Turn, running.Find(taken.Turn.Id), false),
            AcceptStatus.KeyReused => throw TurnProblems.KeyReused(request.IdempotencyKey!),
            AcceptStatus.Busy => throw TurnProblems.ThreadBusy(request.ThreadId, taken.Turn.Id),
            _ => throw TurnProblems.Contended(request.ThreadId),
        };
    }

    /// <summary>The turn, or the problem that there is none.</summary>
    public async Task<Turn> RequireAsync(string threadId, string turnId, CancellationToken cancellationToken) =>
        await turns.FindAsync(threadId, turnId, cancellationToken) ?? throw TurnProblems.NoTurn(turnId);

    /// <summary>The turn, in whichever thread of the caller's it is, with what it asks beyond its text; null when there is none for this caller.</summary>
    public async Task<(Turn Turn, Prompt? Prompt)?> FindAsync(Caller caller, string turnId, CancellationToken cancellationToken)
    {
        if (await turns.FindByIdAsync(turnId, cancellationToken) is not { } turn
            || await threads.FindAsync(turn.ThreadId, cancellationToken) is not { } thread || !thread.IsVisibleTo(caller))
        {
            return null;
        }

        return (turn, await turns.ReadPromptAsync(turnId, cancellationToken) is { } stored ? PromptJson.Read(stored) : null);
    }

    /// <summary>A turn's events after one, to its end: as they come where it runs here, out of the store where it runs elsewhere or has ended.</summary>
    /// <param name="turnId">The turn.</param>
    /// <param name="afterId">The last event that is known.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="live">The turn as it runs here, where that is known.</param>
    public async IAsyncEnumerable<StoredEvent> ReadEventsAsync(
        string turnId, long afterId, [EnumeratorCancellation] CancellationToken cancellationToken, LiveTurn? live = null)
    {
        var (last, isOver) = (afterId, false);
        while (true)
        {
            var begun = running.Begun;
            var source = live?.ReadAsync(last, cancellationToken) ?? running.Find(turnId)?.ReadAsync(last, cancellationToken)
                ?? nodes.Follow(turnId, last, cancellationToken) ?? (await turns.ReadEventsAsync(turnId, last, cancellationToken)).ToAsyncEnumerable();
            live = null;
            await foreach (var happened in source)
            {
                yield return happened;
                if (TurnEventJson.IsLast(happened.Type))
                {
                    yield break;
                }

                last = happened.Id;
            }

            // What was stored between the two looks is read once more.
            if (isOver)
            {
                yield break;
            }

            var state = await turns.FindStateAsync(turnId, cancellationToken);
            isOver = state is null or > TurnState.Started;
            if (state == TurnState.Waiting)
            {
                await begun.WaitAsync(LookAtWaitingEvery, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }
            else if (!isOver)
            {
                await Task.Delay(LookEvery, time, cancellationToken);
            }
        }
    }

    /// <summary>Returns when a turn has ended, wherever it runs.</summary>
    public async Task WaitForEndAsync(string turnId, CancellationToken cancellationToken)
    {
        if (running.Find(turnId) is { } live)
        {
            await live.Ended.WaitAsync(cancellationToken);
        }

        while (await turns.FindStateAsync(turnId, cancellationToken) <= TurnState.Started)
        {
            await Task.Delay(LookEvery, time, cancellationToken);
        }
    }

    /// <summary>The turn that a key of the caller's took on in a thread; null for none.</summary>
    public Task<Turn?> FindByKeyAsync(Caller caller, string threadId, string idempotencyKey, CancellationToken cancellationToken) =>
        turns.FindByKeyAsync(threadId, caller.KeyId, idempotencyKey, cancellationToken);

    /// <summary>The thread's turn in progress, on whichever server; null for none.</summary>
    public Task<Turn?> FindRunningAsync(string threadId, CancellationToken cancellationToken) => turns.FindRunningAsync(threadId, cancellationToken);

    /// <summary>The turn where it runs on this server; else null.</summary>
    public LiveTurn? FindLive(string turnId) => running.Find(turnId);

    /// <summary>The thread's turn in progress on this server, or null.</summary>
    public Turn? FindRunning(string threadId) => running.FindOfThread(threadId)?.Turn;

    /// <summary>Asks a turn to stop; where it runs on another server, that one finds it in the store. Nothing when it has ended.</summary>
    public async Task CancelAsync(string turnId)
    {
        if (running.Find(turnId) is { } live)
        {
            await live.CancelAsync();
            return;
        }

        var epoch = nodes.Name is null ? null : await turns.FindEpochAsync(turnId, CancellationToken.None);
        await turns.RequestCancelAsync(turnId, time.GetUtcNow(), CancellationToken.None);
        if (epoch is { } runsUnder)
        {
            await nodes.LookAsync(runsUnder);
        }

        if (await turns.CancelWaitingAsync(turnId, time.GetUtcNow(), CancellationToken.None) && await turns.FindByIdAsync(turnId, CancellationToken.None) is { } turn)
        {
            await waits.LetGoAsync(turn.ThreadId);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Turn {Replaced} could not be taken out and stays in its thread before {Turn}: {Cause}")]
    private static partial void LogStays(ILogger logger, string replaced, string turn, string cause);
}
