using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Telemetry;
using Pilotlight.Core.Usage;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Core.Turns;

/// <summary>Runs every turn, stored or not, from its process to its settled end, whoever listens or does not.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed partial class TurnEngine(
    IReservationStore reservations, UsageLog log, IOptions<LimitOptions> limits, TurnTelemetry telemetry, TimeProvider time, ILogger<TurnEngine> logger)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    // A store that answers, and not with a yes: the whole end may be what it refuses.
    private const int MostRefusals = 5;

    /// <summary>Runs it; never throws. What it holds is given back when all is stored and booked.</summary>
    public async Task RunAsync(RunningTurn turn, TurnWork work, ITurnJournal journal)
    {
        var said = new StringBuilder();
        var late = new LateUsage(turn.Lease, reservations, limits.Value, time, turn.GivenUp);
        await using var notes = new UsageNotes(turn, log, reservations, late);
        TurnEvent end;
        try
        {
            end = await FollowAsync(turn, work, journal, notes, late, said);
        }
        catch (Exception fault)
        {
            LogFailed(logger, fault, turn.Lease.Id);
            end = Failed(fault, said.ToString());
        }

        turn.Lease.Saw(end);
        await EndAsync(turn, journal, notes, end);
        turn.Lease.Close();
        var (how, firstToken) = (TurnTelemetry.EndOf(end), FirstToken(end));
        LogEnded(logger, turn.Lease.Id, work.Model, how, turn.Acquire ?? "none", firstToken);
    }

    private async Task<TurnEvent> FollowAsync(RunningTurn turn, TurnWork work, ITurnJournal journal, UsageNotes notes, LateUsage late, StringBuilder said)
    {
        turn.FirstToken.Begin();
        using var trace = TurnTrace.Begin(telemetry, work.Api, work.Model, work.TurnId, turn.Overhead);
        using var budget = CallBudget.IsNeeded(turn.Lease.Limits) ? new CallBudget(turn.Lease, reservations, limits.Value, time) : null;
        var calls = new WireTurn { Budget = budget, Observer = notes, Afterwards = late, Trace = trace.Context };
        await using var events = work.Source.RunAsync(calls, turn.Stopping).GetAsyncEnumerator(CancellationToken.None);
        while (await NextAsync(events, turn, journal))
        {
            trace.Saw(events.Current);
            turn.FirstToken.Saw(events.Current);
            turn.Lease.Saw(events.Current);
            switch (events.Current)
            {
                case TurnFailed failed when budget?.Refusal is { } refusal:
                    return failed with { Error = new TurnError(TurnErrorKind.BudgetExceeded, refusal) };
                case TurnCompleted or TurnFailed or TurnCancelled or TurnAwaitsTools or TurnAwaitsApproval:
                    return events.Current;
                case UsageGrew:
                    notes.Note();
                    continue;
                case TurnStarted started:
                    turn.Acquire = TurnEventJson.Name(started.Source);
                    break;
                case TextDelta delta:
                    said.Append(delta.Text);
                    break;
                case TextReset:
                    said.Clear();
                    break;
            }

            journal.Add(events.Current);
        }

        // The adapter promises an end. Without one there is no saying what happened, so it is no success.
        return new TurnFailed(new TurnError(TurnErrorKind.Unknown, "The turn ended without a result. Send the message again."), said.ToString(), TurnUsage.None, null);
    }

    // The adapter goes on while what it said is stored: the prompt is on its way before the news that it is.
    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<TurnEvent> events, RunningTurn turn, ITurnJournal journal)
    {
        var next = events.MoveNextAsync();
        if (!journal.HasWork(isMoreThere: next.IsCompleted))
        {
            return await next;
        }

        var moving = next.AsTask();
        try
        {
            if (!await journal.WorkAsync(moving))
            {
                await turn.InterruptAsync(); // Another server has taken over; what this one still hears counts for nothing.
            }
        }
        catch
        {
            // What follows the events must be back before they can be let go.
            await turn.InterruptAsync();
            await ((Task)moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await moving;
    }

    private async Task EndAsync(RunningTurn turn, ITurnJournal journal, UsageNotes notes, TurnEvent end)
    {
        var (wait, refusals) = (FirstWait, 0);
        while (true)
        {
            var bill = end is TurnCompleted || turn.Lease.IsUsed ? turn.Lease.Bill : null;
            try
            {
                await journal.EndAsync(new TurnEnd(end, turn.IsInterrupted && end is TurnCancelled, bill));
                notes.Settled(bill?.Usage ?? TurnUsage.None);
                return;
            }
            catch (Exception fault)
            {
                LogNotStored(logger, turn.Lease.Id, fault.Message);
                if (fault is not StorageUnavailableException && ++refusals == MostRefusals)
                {
                    LogFailed(logger, fault, turn.Lease.Id);
                    end = Failed(fault, "");
                }
            }

            if (turn.GivenUp.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(wait, time, turn.GivenUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait + wait < LongestWait ? wait + wait : LongestWait;
        }
    }

    private static TurnFailed Failed(Exception fault, string said) => new(
        new TurnError(TurnErrorKind.Unknown, fault is ProblemException problem ? problem.Message : $"The gateway failed ({fault.GetType().Name}). Send the message again."),
        said, TurnUsage.None, null);

    private static double FirstToken(TurnEvent end) => end is TurnCompleted { TimeToFirstToken: { } first } ? first.TotalMilliseconds : 0;

    [LoggerMessage(Level = LogLevel.Information, Message = "Turn {Turn} on {Model} ended: {End}, process {Acquire}, first token after {TtftMs:0} ms")]
    private static partial void LogEnded(ILogger logger, string turn, string model, string end, string acquire, double ttftMs);

    [LoggerMessage(Level = LogLevel.Error, Message = "Turn {Turn} failed in the gateway")]
    private static partial void LogFailed(ILogger logger, Exception fault, string turn);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The end of turn {Turn} could not be stored; it is tried again: {Cause}")]
    private static partial void LogNotStored(ILogger logger, string turn, string cause);
}
