using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Turns;

/// <summary>Adds up what the API's messages of one turn say they used. Plain state; one instance a turn.</summary>
/// <remarks>
/// One entry a message: its counts are running totals, told at its beginning, at its end and once more when it is whole, so the highest
/// is the message's. An attempt that was broken off keeps its entry, since it is billed like any other.
/// </remarks>
internal sealed class TurnMeter
{
    private readonly List<TurnUsage> _messages = [];
    private readonly Dictionary<string, int> _byId = new(StringComparer.Ordinal);

    // The message that streams now, by who asked for it: the conversation itself, or a call of a subagent.
    private readonly Dictionary<string, int> _streaming = new(StringComparer.Ordinal);

    /// <summary>The tokens so far.</summary>
    public TurnUsage Total { get; private set; } = TurnUsage.None;

    /// <summary>Takes what a message says; false when nothing grew by it.</summary>
    public bool Count(CliMessage message)
    {
        var before = Total;
        switch (message)
        {
            case CliMessageStart start:
                var entry = Add(start.MessageId);
                _streaming[start.ParentToolUseId ?? ""] = entry;
                Raise(entry, start.Usage);
                break;
            case CliMessageDelta delta when _streaming.TryGetValue(delta.ParentToolUseId ?? "", out var streaming):
                Raise(streaming, delta.Usage);
                break;
            case CliAssistant { MessageId: { } id } whole:
                Raise(_byId.TryGetValue(id, out var known) ? known : Add(id), whole.Usage);
                break;
        }

        return Total != before;
    }

    /// <summary>Takes the CLI's own figures for the whole turn where they are higher: it knows of calls that it never showed.</summary>
    public void Settle(TurnUsage told) => Total = TurnUsage.Max(Total, told);

    private int Add(string? id)
    {
        _messages.Add(TurnUsage.None);
        if (id is not null)
        {
            _byId[id] = _messages.Count - 1;
        }

        return _messages.Count - 1;
    }

    private void Raise(int entry, CliUsage told)
    {
        var raised = TurnUsage.Max(_messages[entry], told.ToTurn());
        Total += raised - _messages[entry];
        _messages[entry] = raised;
    }
}
