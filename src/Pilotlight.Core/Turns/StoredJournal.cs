using System.Text;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Storage;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>The journal of a thread's turn: numbers its events and stores them in small batches; what is stored is shown to its readers.</summary>
/// <remarks>
/// Neighbouring pieces of text become one event, up to a batch. While the store is away the turn goes on, and what it says is kept until it can be stored; storing the same twice changes nothing.
/// </remarks>
internal sealed class StoredJournal(
    LiveTurn live, PreparedTurn prepared, ITurnStore store, TurnIntake intake, RelayOptions options, TimeProvider time, bool isSimulated) : ITurnJournal
{
    private readonly List<StoredEvent> _pending = [];
    private readonly List<string> _tools = [];
    private readonly StringBuilder _text = new();
    private readonly PromptedAnswer? _answer = prepared.Prompt is { } prompt
        ? new PromptedAnswer(prompt, prepared.Thread.Awaited.Count > 0 ? HeldTurn.Of(prepared.Thread.Turns) : null, live)
        : null;
    private long _lastId;
    private long _pendingSince;
    private bool _textWasSent;
    private bool _isFailing;
    private TurnEvent? _end;
    private TurnOutcome? _outcome;

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
            case TextDelta delta:
                _text.Append(delta.Text);
                return;
            case ToolStarted tool when _answer?.IsCallers(tool) != true:
                _tools.Add(tool.Name);
                break;
        }

        CloseText();
        Append(TurnEventJson.Write(live.Turn, turnEvent, isSimulated));
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
            : TurnEventJson.Write(live.Turn, end.Event, simulated: false));
        (_end, _outcome) = (asked.Event, OutcomeOf(end));
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
            }, end.Bill),
            TurnCancelled cancelled when end.IsInterrupted => Partial(TurnState.Interrupted, "interrupted", cancelled.PartialText),
            TurnCancelled cancelled => Partial(TurnState.Cancelled, "cancelled", cancelled.PartialText),
            TurnFailed failed => Partial(TurnState.Failed, "failed", failed.PartialText),
            _ => throw new InvalidOperationException($"{end.Event.GetType().Name} does not end a turn of a thread."),
        };

        TurnOutcome Partial(TurnState state, string status, string text) =>
            new(state, text.Length == 0 ? null : Answer(text, status, end.Bill?.Usage ?? TurnUsage.None, end.Bill?.CostUsd), end.Bill);
    }

    private StoredMessage Answer(string text, string status, TurnUsage usage, decimal? cost) => new(
        live.Turn.AnswerMessageId, live.Turn.ThreadId, live.Turn.Id, "assistant", text, status, null, usage, cost, live.Acquire, null,
        TurnEventJson.Milliseconds(time.GetElapsedTime(live.AcceptedAt)), _tools.Count > 0 ? _tools : null, time.GetUtcNow())
    {
        Calls = _answer is { Calls.Count: > 0 } ? PromptJson.WriteCalls(_answer.Calls) : null,
    };

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
