using System.Text;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Approvals;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Steps;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>The journal of a thread's turn: numbers its events and stores them in small batches; what is stored is shown to its readers.</summary>
/// <remarks>
/// Neighbouring pieces of text become one event, up to a batch. While the store is away the turn goes on, and what it says is kept until it can be stored; storing the same twice changes nothing.
/// </remarks>
internal sealed class StoredJournal(
    LiveTurn live, PreparedTurn prepared, ITurnStore store, TurnIntake intake, WaitingTurns waits, RelayOptions options, TimeProvider time, bool isSimulated) : ITurnJournal
{
    private readonly List<StoredEvent> _pending = [];
    private readonly List<string> _tools = [.. prepared.Resumed?.Steps.SelectMany(step => step.Calls).Select(call => call.Name) ?? []];
    private readonly StepRecorder _steps = StepsOf(prepared, options);
    private readonly StringBuilder _text = new();
    private readonly PromptedAnswer? _answer = prepared.Prompt is { IsMessage: false } prompt
        ? new PromptedAnswer(prompt, prepared.Thread.Awaited.Count > 0 ? HeldTurn.Of(prepared.Thread.Turns) : null, live)
        : null;
    private long _lastId = prepared.Resumed?.Events[^1].Id ?? 0;
    private long _pendingSince;
    private bool _textWasSent;
    private bool _isFailing;
    private TurnEvent? _end;
    private TurnOutcome? _outcome;
    private TurnCancelled? _cancelled;
    private WaitingTurn? _waiting;

    private bool HasPending => _pending.Count > 0 || _text.Length > 0;

    // So much, or for so long, that it must not wait for more even when more is there.
    private bool IsFull => HasPending && (_text.Length >= options.BatchSize || TimeLeft == TimeSpan.Zero);

    // Must not wait for more to come: the first text, a full batch, anything that is not text.
    private bool IsUrgent => !_isFailing && (_pending.Count > 0 || _text.Length >= options.BatchSize || (_text.Length > 0 && !_textWasSent));

    private TimeSpan TimeLeft
    {
        get
        {
            var left = options.BatchDelay - time.GetElapsedTime(_pendingSince);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
    }

    public bool HasWork(bool isMoreThere) => isMoreThere ? IsFull : HasPending;

    public void Add(TurnEvent turnEvent)
    {
        if (!HasPending)
        {
            _pendingSince = time.GetTimestamp();
        }

        if ((_answer is null ? turnEvent : _answer.Take(turnEvent)) is not { } told)
        {
            return;
        }

        switch (turnEvent = told)
        {
            case TurnStarted started when prepared.Resumed is { } resumed:
                resumed.Began(started, live.Lease);
                return; // Its readers know that it has begun.
            case TextDelta delta:
                _text.Append(delta.Text);
                _steps.Say(delta.Text);
                return;
            case TextReset:
                _steps.Reset();
                break;
            case ToolStarted tool when _answer?.IsCallers(tool) != true:
                _tools.Add(tool.Name);
                _steps.Call(tool.ToolUseId, tool.Name, tool.Input);
                break;
            case ToolFinished tool:
                _steps.Return(tool.ToolUseId, tool.IsError, tool.Result);
                turnEvent = tool with { Result = StepRecorder.Shorten(tool.Result, options.MaxToolText).Kept };
                break;
        }

        CloseText();
        Append(TurnEventJson.Write(live.Turn, turnEvent, isSimulated));
        if (turnEvent is TextReset && prepared.Resumed is { Repeated.Length: > 0 } before)
        {
            _text.Append(before.Repeated);
            _steps.Say(before.Repeated);
        }

        if (turnEvent is TurnStarted && prepared.Fit.NewlyDropped > 0)
        {
            Append(TurnEventJson.Truncation(prepared.Fit.DroppedTurns));
        }
    }

    public async ValueTask<bool> WorkAsync(Task next)
    {
        if (!IsUrgent && !next.IsCompleted)
        {
            await Task.WhenAny(next, Task.Delay(TimeLeft, time));
        }

        return (!IsUrgent && !IsFull && next.IsCompleted) || await FlushAsync();
    }

    public async Task EndAsync(TurnEnd end)
    {
        if (end.Event is TurnAwaitsApproval awaits)
        {
            if (!live.Stopping.IsCancellationRequested || live.IsInterrupted)
            {
                await WaitAsync(end, awaits);
                return;
            }

            // It was stopped at the moment in which it began to wait.
            await waits.LetGoAsync(live.Turn.ThreadId);
            end = end with { Event = _cancelled ??= new TurnCancelled(awaits.PartialText, awaits.Usage, null) { Model = awaits.Model } };
        }

        if (_outcome is null || end.Event != _end)
        {
            Prepare(end);
        }

        var isOurs = await store.EndAsync(live.Turn.Id, live.Lease.Epoch, _outcome!, _pending, time.GetUtcNow(), CancellationToken.None);
        intake.Ended(prepared, live.Turn, _outcome!.Answer, isOurs);

        // Not ours: ended already, by an attempt of which only the answer was lost, or by another server. The store knows how.
        live.Publish(isOurs ? _pending : await store.ReadEventsAsync(live.Turn.Id, live.LastId, CancellationToken.None), isEnd: true);
    }

    // Not by the turn's token: what the model said is stored also when the turn is being cancelled.
    private async ValueTask<bool> FlushAsync()
    {
        _textWasSent |= _text.Length > 0;
        CloseText();
        try
        {
            if (!await store.AppendAsync(live.Turn.Id, live.Lease.Epoch, _pending, CancellationToken.None))
            {
                return false;
            }
        }
        catch (StorageUnavailableException)
        {
            (_isFailing, _pendingSince) = (true, time.GetTimestamp());
            return true;
        }

        _isFailing = false;
        live.Publish([.. _pending], isEnd: false);
        _pending.Clear();
        return true;
    }

    // Once, however often it is tried: the time the turn took is not that of a store that was away.
    private void Prepare(TurnEnd asked)
    {
        var (end, text) = _answer?.End(asked, time.GetElapsedTime(live.AcceptedAt)) ?? (asked, "");
        end = prepared.Resumed is { } resumed ? end with { Event = resumed.Whole(end.Event) } : end;
        CloseText();
        if (_end is not null)
        {
            _pending.RemoveAt(_pending.Count - 1); // Another end takes the place of one that the store refuses.
            _lastId--;
        }

        if (text.Length > 0)
        {
            Append(TurnEventJson.Text(text));
        }

        Append(end.Event is TurnCancelled && end.IsInterrupted
            ? (TurnEventJson.Failed, TurnEventJson.Problem(TurnProblems.Interrupted))
            : TurnEventJson.Write(live.Turn, end.Event, simulated: false, time.GetUtcNow(), live.FirstToken.Wait));
        (_end, _outcome) = (asked.Event, OutcomeOf(end));
    }

    private async Task WaitAsync(TurnEnd end, TurnAwaitsApproval awaits)
    {
        if (_waiting is null)
        {
            CloseText();
            var approval = waits.Create(live.Turn, prepared.Thread.Thread.Profile, awaits, prepared.Resumed?.Approval.Booked, end.Bill);
            Append(ApprovalJson.Begin(approval));
            _waiting = new WaitingTurn(approval, [.. _pending], end.Bill);
        }

        var isOurs = await store.WaitAsync(live.Turn.Id, live.Lease.Epoch, _waiting, time.GetUtcNow(), CancellationToken.None);
        live.Publish(isOurs ? _waiting.Events : await store.ReadEventsAsync(live.Turn.Id, live.LastId, CancellationToken.None), isEnd: true);
        if (!isOurs)
        {
            return;
        }

        waits.Began(_waiting.Approval, prepared.Thread.Thread.Profile);
        if (live.Stopping.IsCancellationRequested && !live.IsInterrupted && await store.CancelWaitingAsync(live.Turn.Id, time.GetUtcNow(), CancellationToken.None))
        {
            await waits.LetGoAsync(live.Turn.ThreadId);
        }
    }

    private TurnOutcome OutcomeOf(TurnEnd end)
    {
        return end.Event switch
        {
            TurnCompleted completed => new TurnOutcome(TurnState.Completed, Answer(completed.Text, "complete", completed.Usage, completed.CostUsd) with
            {
                Model = completed.Model,
                TtftMs = completed.TimeToFirstToken is { } first ? TurnEventJson.Milliseconds(first) : null,
                DurationMs = TurnEventJson.Milliseconds(completed.Duration),
                FirstToken = live.FirstToken.Wait,
            }, end.Bill),
            TurnCancelled cancelled when end.IsInterrupted => Partial(TurnState.Interrupted, "interrupted", cancelled.PartialText),
            TurnCancelled cancelled => Partial(TurnState.Cancelled, "cancelled", cancelled.PartialText),
            TurnFailed failed => Partial(TurnState.Failed, "failed", failed.PartialText),
            _ => throw new InvalidOperationException($"{end.Event.GetType().Name} does not end a turn of a thread."),
        };

        TurnOutcome Partial(TurnState state, string status, string text) =>
            new(state, text.Length == 0 && _steps.Steps.Count == 0 ? null : Answer(text, status, Whole(end.Bill?.Usage ?? TurnUsage.None), WholeCost(end.Bill?.CostUsd)), end.Bill);

        // What is booked at the end is the last part's; the answer is the whole turn's.
        TurnUsage Whole(TurnUsage usage) => prepared.Resumed is { } resumed ? resumed.UsedBefore + usage : usage;
        decimal? WholeCost(decimal? cost) => prepared.Resumed is { } resumed ? resumed.Approval.Booked.CostUsd + (cost ?? 0) : cost;
    }

    private StoredMessage Answer(string text, string status, TurnUsage usage, decimal? cost) => new(
        live.Turn.AnswerMessageId, live.Turn.ThreadId, live.Turn.Id, "assistant", text, status, null, usage, cost, prepared.Resumed?.Acquire ?? live.Acquire, null,
        TurnEventJson.Milliseconds(time.GetElapsedTime(live.AcceptedAt)), _tools.Count > 0 ? _tools : null, time.GetUtcNow())
    {
        Steps = _answer is null && _steps.Steps is { Count: > 0 } steps ? steps : null,
        Calls = _answer is { Calls.Count: > 0 } ? PromptJson.WriteCalls(_answer.Calls) : null,
    };

    private static StepRecorder StepsOf(PreparedTurn prepared, RelayOptions options)
    {
        var steps = new StepRecorder(options.MaxToolText);
        foreach (var step in prepared.Resumed?.Steps ?? [])
        {
            steps.Take(step);
        }

        return steps;
    }

    private void CloseText()
    {
        if (_text.Length > 0)
        {
            Append(TurnEventJson.Text(_text.ToString()));
            _text.Clear();
        }
    }

    private void Append((string Type, string Data) written) => _pending.Add(new StoredEvent(++_lastId, written.Type, written.Data));
}
