using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Http;
using Pilotlight.Gateway.Telemetry;
using Pilotlight.Gateway.Threads;

namespace Pilotlight.Gateway.Turns;

/// <summary>Runs one turn from its start to its stored end, whoever listens or does not.</summary>
internal sealed partial class TurnRunner(
    TurnIntake intake,
    ITurnStore turns,
    IClaudeConversations conversations,
    IOptions<RelayOptions> relay,
    IOptions<GatewayOptions> gateway,
    IOptions<ClaudeOptions> claude,
    IOptions<LimitOptions> limits,
    GatewayTelemetry telemetry,
    TimeProvider time,
    ILogger<TurnRunner> logger)
{
    /// <summary>Runs it; never throws. Its end is told to the readers of <paramref name="live"/> in every case.</summary>
    public async Task RunAsync(LiveTurn live, long epoch)
    {
        var journal = new TurnJournal(live, turns, epoch, relay.Value, time, gateway.Value.IsSimulated);
        var answer = new AnswerSoFar();
        var prepared = live.Prepared;
        try
        {
            if (live.Turn.State == TurnState.Accepted && !await turns.TryStartAsync(live.Turn.Id, epoch, time.GetUtcNow(), CancellationToken.None))
            {
                live.Publish([], isEnd: true);
                return;
            }

            prepared ??= await intake.PrepareAsync(live.Turn, CancellationToken.None);
            if (prepared is null)
            {
                live.Publish([], isEnd: true); // The thread is gone, and its turns with it.
                return;
            }

            var end = await FollowAsync(live, prepared, journal, answer);
            await EndAsync(live, journal, answer, end, prepared);
        }
        catch (Exception fault)
        {
            LogFailed(logger, fault, live.Turn.Id);
            await TryFailAsync(live, journal, answer, fault, prepared);
        }
    }

    private async Task<TurnEvent> FollowAsync(LiveTurn live, PreparedTurn prepared, TurnJournal journal, AnswerSoFar answer)
    {
        live.Overhead = time.GetElapsedTime(live.AcceptedAt);
        using var trace = TurnTrace.Begin(telemetry, "native", prepared.Conversation.Model ?? claude.Value.Model, live.Turn.Id, live.Overhead);
        await using var events = conversations.RunTurnAsync(prepared.Conversation, [new UserText(live.Turn.Text)], live.Stopping).GetAsyncEnumerator();
        while (await NextAsync(events, journal))
        {
            trace.Saw(events.Current);
            switch (events.Current)
            {
                case TurnCompleted or TurnFailed or TurnCancelled:
                    return events.Current;
                case UsageGrew:
                    continue;
                case TurnStarted started:
                    live.Acquire = TurnEventJson.Name(started.Source);
                    break;
                case TextDelta delta:
                    answer.Text.Append(delta.Text);
                    break;
                case TextReset:
                    answer.Text.Clear();
                    break;
                case ToolStarted tool:
                    answer.Tools.Add(tool.Name);
                    break;
            }

            journal.Add(events.Current);
            if (events.Current is TurnStarted && prepared.Fit.NewlyDropped > 0)
            {
                journal.AddTruncation(prepared.Fit.DroppedTurns);
            }

            if (journal.IsFull)
            {
                await FlushAsync(live, journal);
            }
        }

        // The adapter promises an end. Without one there is no saying what happened, so it is no success.
        return new TurnFailed(
            new TurnError(TurnErrorKind.Unknown, "The turn ended without a result. Send the message again."), answer.Text.ToString(), TurnUsage.None, null);

        // The adapter goes on while what it said is stored: the prompt is on its way before the news that it is.
        async ValueTask<bool> NextAsync(IAsyncEnumerator<TurnEvent> source, TurnJournal pending)
        {
            var next = source.MoveNextAsync();
            if (next.IsCompleted || !pending.HasPending)
            {
                return await next;
            }

            var moving = next.AsTask();
            try
            {
                if (!pending.IsUrgent)
                {
                    await Task.WhenAny(moving, Task.Delay(pending.TimeLeft, time));
                }

                if (pending.IsUrgent || !moving.IsCompleted)
                {
                    await FlushAsync(live, pending);
                }
            }
            catch
            {
                // What follows the events must be back before they can be let go.
                await live.InterruptAsync();
                await ((Task)moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }

            return await moving;
        }
    }

    private static async Task FlushAsync(LiveTurn live, TurnJournal journal)
    {
        // Not the turn's token: what the model said is stored also when the turn is being cancelled.
        if (!await journal.FlushAsync(CancellationToken.None))
        {
            await live.InterruptAsync(); // Another server has taken over; what this one still hears counts for nothing.
        }
    }

    private async Task EndAsync(LiveTurn live, TurnJournal journal, AnswerSoFar answer, TurnEvent end, PreparedTurn? prepared)
    {
        var turn = live.Turn;
        var (type, data) = live.IsInterrupted && end is TurnCancelled
            ? (TurnEventJson.Failed, TurnEventJson.Problem(TurnProblem.Interrupted))
            : TurnEventJson.Write(turn, end, simulated: false);
        var outcome = end switch
        {
            TurnCompleted completed => new TurnOutcome(TurnState.Completed, Answer(completed.Text, "complete", completed.Usage, completed.CostUsd) with
            {
                Model = completed.Model,
                TtftMs = completed.TimeToFirstToken is { } first ? TurnEventJson.Milliseconds(first) : null,
                DurationMs = TurnEventJson.Milliseconds(completed.Duration),
            }),
            TurnCancelled cancelled when live.IsInterrupted =>
                Partial(TurnState.Interrupted, "interrupted", cancelled.PartialText, cancelled.Usage, cancelled.CostUsd),
            TurnCancelled cancelled => Partial(TurnState.Cancelled, "cancelled", cancelled.PartialText, cancelled.Usage, cancelled.CostUsd),
            TurnFailed failed => Partial(TurnState.Failed, "failed", failed.PartialText, failed.Usage, failed.CostUsd),
            _ => throw new InvalidOperationException($"{end.GetType().Name} does not end a turn."),
        };
        await journal.EndAsync(
            type, data, outcome with { Bill = BillOf(end, prepared) },
            isOurs => intake.Ended(prepared, turn, outcome.Answer, isOurs), CancellationToken.None);
        LogEnded(logger, turn.Id, outcome.State, live.Acquire ?? "none", outcome.Answer?.TtftMs ?? 0);

        TurnOutcome Partial(TurnState state, string status, string text, TurnUsage usage, decimal? cost) =>
            new(state, text.Length == 0 ? null : Answer(text, status, usage, cost));

        StoredMessage Answer(string text, string status, TurnUsage usage, decimal? cost) => new(
            turn.AnswerMessageId, turn.ThreadId, turn.Id, "assistant", text, status, null, usage, cost, live.Acquire, null,
            TurnEventJson.Milliseconds(time.GetElapsedTime(live.AcceptedAt)), answer.Tools.Count > 0 ? answer.Tools : null, time.GetUtcNow());
    }

    // By the model that answered; of an attempt that ended before that was known, by the one that was asked.
    private Bill? BillOf(TurnEvent end, PreparedTurn? prepared)
    {
        var (model, usage, cost) = end switch
        {
            TurnCompleted completed => (completed.Model, completed.Usage, completed.CostUsd),
            TurnFailed failed => (null, failed.Usage, failed.CostUsd),
            TurnCancelled cancelled => (null, cancelled.Usage, cancelled.CostUsd),
            _ => (null, TurnUsage.None, null),
        };
        return usage == TurnUsage.None && cost is null or 0
            ? null
            : limits.Value.BillFor(model ?? prepared?.Thread.Thread.Model ?? claude.Value.Model, usage, cost);
    }

    // The store itself may be what failed: then the next start marks the turn as interrupted.
    private async Task TryFailAsync(LiveTurn live, TurnJournal journal, AnswerSoFar answer, Exception fault, PreparedTurn? prepared)
    {
        try
        {
            await EndAsync(live, journal, answer, new TurnFailed(
                new TurnError(TurnErrorKind.Unknown, fault is ApiProblemException problem ? problem.Message : $"The gateway failed ({fault.GetType().Name}). Send the message again."), answer.Text.ToString(), TurnUsage.None, null), prepared);
        }
        catch (Exception second)
        {
            LogFailed(logger, second, live.Turn.Id);
            intake.Ended(null, live.Turn, null, isStored: false);
            live.Publish([], isEnd: true);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Turn {Turn} ended: {State}, process {Acquire}, first token after {TtftMs:0} ms")]
    private static partial void LogEnded(ILogger logger, string turn, TurnState state, string acquire, double ttftMs);

    [LoggerMessage(Level = LogLevel.Error, Message = "Turn {Turn} failed in the gateway")]
    private static partial void LogFailed(ILogger logger, Exception fault, string turn);

    private sealed class AnswerSoFar
    {
        public StringBuilder Text { get; } = new();

        public List<string> Tools { get; } = [];
    }
}
