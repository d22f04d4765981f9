using System.Text;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Core.Turns;

/// <summary>Numbers a turn's events and stores them in small batches; what is stored is shown.</summary>
/// <remarks>Neighbouring pieces of text become one event, up to a batch. One writer.</remarks>
internal sealed class TurnJournal(LiveTurn live, ITurnStore store, long epoch, RelayOptions options, TimeProvider time, bool simulated)
{
    private readonly List<StoredEvent> _pending = [];
    private readonly StringBuilder _text = new();
    private long _lastId;
    private long _pendingSince;
    private bool _textWasSent;

    public bool HasPending => _pending.Count > 0 || _text.Length > 0;

    /// <summary>Whether so much is pending, or for so long, that it must not wait for more even when more is there.</summary>
    public bool IsFull => HasPending && (_text.Length >= options.BatchSize || TimeLeft == TimeSpan.Zero);

    /// <summary>Whether what is pending must not wait for more to come: the first text, a full batch, anything that is not text.</summary>
    public bool IsUrgent => _pending.Count > 0 || _text.Length >= options.BatchSize || (_text.Length > 0 && !_textWasSent);

    public TimeSpan TimeLeft
    {
        get
        {
            var left = options.BatchDelay - time.GetElapsedTime(_pendingSince);
            return left < TimeSpan.Zero ? TimeSpan.Zero : left;
        }
    }

    public void Add(TurnEvent turnEvent)
    {
        if (!HasPending)
        {
            _pendingSince = time.GetTimestamp();
        }

        if (turnEvent is TextDelta delta)
        {
            _text.Append(delta.Text);
            return;
        }

        CloseText();
        Append(TurnEventJson.Write(live.Turn, turnEvent, simulated));
    }

    /// <summary>Says that the oldest turns are not sent.</summary>
    public void AddTruncation(int droppedTurns)
    {
        CloseText();
        Append(TurnEventJson.Truncation(droppedTurns));
    }

    /// <summary>Stores and shows what is pending; false when the turn is no longer ours.</summary>
    public async Task<bool> FlushAsync(CancellationToken cancellationToken)
    {
        var batch = TakePending();
        if (batch.Length > 0)
        {
            if (!await store.AppendAsync(live.Turn.Id, epoch, batch, cancellationToken))
            {
                return false;
            }

            live.Publish(batch, isEnd: false);
        }

        return true;
    }

    /// <summary>Stores the turn's end together with what is pending, and shows it; before that <paramref name="stored"/> hears whether the turn was still ours.</summary>
    public async Task EndAsync(string type, string data, TurnOutcome outcome, Action<bool> stored, CancellationToken cancellationToken)
    {
        CloseText();
        Append((type, data));
        var batch = TakePending();
        var isOurs = await store.EndAsync(live.Turn.Id, epoch, outcome, batch, time.GetUtcNow(), cancellationToken);
        stored(isOurs);
        live.Publish(isOurs ? batch : [], isEnd: true);
    }

    private StoredEvent[] TakePending()
    {
        _textWasSent |= _text.Length > 0;
        CloseText();
        var batch = _pending.ToArray();
        _pending.Clear();
        return batch;
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
