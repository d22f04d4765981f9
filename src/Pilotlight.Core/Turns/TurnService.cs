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
    TurnIntake intake, StoredTurns stored, RunningTurns running, WaitingTurns waits, TurnPlaces places, ITurnStore turns, IThreadStore threads, TimeProvider time, ILogger<TurnService> logger)
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
    public async Task<(Turn Turn, LiveTurn? Live, bool IsReplay)> BeginAsync(
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
        var place = places.Take();
        IntakeResult taken;
        try
        {
            taken = await intake.AcceptAsync(caller, threadId, text, prompt, idempotencyKey, cancellationToken);
        }
        catch
        {
            place.Dispose();
            throw;
        }

        if (taken.Status == AcceptStatus.Accepted)
        {
            if (replaces is not null)
            {
                // What was made ready of the thread still holds the turn that goes: it is read anew.
                await TakeOutAsync(threadId, replaces, taken.Turn);
            }

            return (taken.Turn, stored.Run(taken, caller.Limits, place, startedAt, isThreadChanged: replaces is not null), false);
        }

        place.Dispose();
        return taken.Status switch
        {
            AcceptStatus.Replayed => (taken.Turn, running.Find(taken.Turn.Id), true),
            AcceptStatus.KeyReused => throw TurnProblems.KeyReused(idempotencyKey!),
            AcceptStatus.Busy => throw TurnProblems.ThreadBusy(threadId, taken.Turn.Id),
            _ => throw TurnProblems.Contended(threadId),
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
                ?? (await turns.ReadEventsAsync(turnId, last, cancellationToken)).ToAsyncEnumerable();
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

        await turns.RequestCancelAsync(turnId, time.GetUtcNow(), CancellationToken.None);
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
