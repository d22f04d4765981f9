using System.Text;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Turns;

/// <summary>What a process had used up before a turn: its own figures are running totals.</summary>
internal sealed record CliTotals(decimal? CostUsd, IReadOnlyDictionary<string, long> OutputTokensByModel)
{
    public static CliTotals None { get; } = new(0m, new Dictionary<string, long>());
}

/// <summary>Reads the messages of one turn as what they mean to its caller. Plain state, no I/O; one instance a turn.</summary>
internal sealed class TurnReader
{
    private readonly CliTotals _before;
    // Text of API messages that were finished, and of the one in progress: only the latter is void when the API starts over.
    private readonly StringBuilder _finished = new();
    private readonly StringBuilder _inProgress = new();
    private readonly HashSet<string> _streamed = new(StringComparer.Ordinal);
    private TurnUsage _counted = TurnUsage.None;
    private TurnUsage _opened = TurnUsage.None;
    private string? _model;
    private string? _stopReason;
    private bool _open;

    public TurnReader(CliTotals before) => _before = After = before;

    /// <summary>The answer so far.</summary>
    public string Text => _finished.ToString() + _inProgress;

    /// <summary>The tokens so far, as the API's messages told them; those of a message in progress as at its beginning.</summary>
    public TurnUsage Used => _counted + _opened;

    /// <summary>Whether an API message has begun and not ended: more may come of it.</summary>
    public bool IsMessageOpen => _open;

    /// <summary>The latest refusal of the API, if it has not recovered since.</summary>
    public CliApiRetry? LastRetry { get; private set; }

    /// <summary>The process's running totals after the turn.</summary>
    public CliTotals After { get; private set; }

    /// <summary>What the message means; the turn's end is not among it.</summary>
    public IEnumerable<TurnEvent> Read(CliMessage message)
    {
        switch (message)
        {
            // A tool of the agent's own may be another model at work; what it says to itself is no part of the answer.
            case CliMessageStart { IsSubagent: true } or CliDelta { IsSubagent: true } or CliMessageEnd { IsSubagent: true }
                or CliAssistant { IsSubagent: true } or CliUser { IsSubagent: true }:
                return [];
            case CliMessageStart start:
                return Start(start);
            case CliDelta { Kind: CliDeltaKind.Thinking } thinking:
                LastRetry = null;
                return [new ThinkingDelta(thinking.Text)];
            case CliDelta delta:
                LastRetry = null;
                _inProgress.Append(delta.Text);
                return [new TextDelta(delta.Text)];
            case CliMessageEnd end:
                _stopReason = end.StopReason;
                _opened = Latest(_opened, end.Usage);
                Finish();
                return [];
            case CliAssistant assistant:
                return Assistant(assistant);
            case CliUser user:
                return user.ToolResults.Select(result =>
                    new ToolFinished(result.ToolUseId, result.IsError, Shorten(result.Text)));
            case CliApiRetry retry:
                LastRetry = retry;
                return [.. Void(), new TurnRetrying(retry.Attempt, retry.MaxRetries, retry.Delay, retry.Status)];
            default:
                return [];
        }
    }

    /// <summary>The turn's good end.</summary>
    public TurnCompleted Complete(CliResult result, TimeSpan? timeToFirstToken, TimeSpan duration)
    {
        var (usage, cost) = Account(result);
        return new TurnCompleted(
            Text, AnsweringModel(result), usage, cost, result.StopReason ?? _stopReason, timeToFirstToken, duration)
        {
            StructuredOutput = result.StructuredOutput,
        };
    }

    /// <summary>Tokens and cost of this turn alone.</summary>
    public (TurnUsage Usage, decimal? CostUsd) Account(CliResult result)
    {
        After = new CliTotals(result.TotalCostUsd ?? _before.CostUsd, result.OutputTokensByModel);
        var usage = Latest(TurnUsage.None, result.Usage);

        // The totals are sums of doubles; a billionth of a dollar is exact enough, and shows no tail of their rounding.
        return (usage, result.TotalCostUsd - _before.CostUsd is { } cost ? Math.Round(cost, 9) : null);
    }

    private IEnumerable<TurnEvent> Start(CliMessageStart start)
    {
        // A message that starts while another is open means that the stream was cut and the model starts over.
        var events = _open ? Void() : [];
        _open = true;
        _model = start.Model ?? _model;
        _counted += _opened;
        _opened = Latest(TurnUsage.None, start.Usage);
        if (start.MessageId is { } id)
        {
            _streamed.Add(id);
        }

        return events;
    }

    private List<TurnEvent> Assistant(CliAssistant assistant)
    {
        var events = new List<TurnEvent>();
        _model = assistant.Model is { } model && model != "<synthetic>" ? model : _model;

        // When streaming fails the CLI may ask again without streaming: then the whole message is all there is.
        if (assistant.Text.Length > 0 && assistant.MessageId is { } id && assistant.Model != "<synthetic>" && !_streamed.Contains(id))
        {
            LastRetry = null;
            events.AddRange(Void());
            _inProgress.Append(assistant.Text);
            events.Add(new TextDelta(assistant.Text));
            Finish();
        }

        events.AddRange(assistant.ToolUses.Select(tool => new ToolStarted(tool.Id, tool.Name, tool.Input)));
        return events;
    }

    private void Finish()
    {
        _finished.Append(_inProgress);
        _inProgress.Clear();
        _open = false;
    }

    private IEnumerable<TurnEvent> Void()
    {
        _open = false;
        if (_inProgress.Length == 0)
        {
            return [];
        }

        _inProgress.Clear();
        return _finished.Length == 0 ? [new TextReset()] : [new TextReset(), new TextDelta(_finished.ToString())];
    }

    private string AnsweringModel(CliResult result)
    {
        string? most = null;
        long tokens = 0;
        foreach (var (model, total) in result.OutputTokensByModel)
        {
            var used = total - _before.OutputTokensByModel.GetValueOrDefault(model);
            if (used > tokens)
            {
                (most, tokens) = (model, used);
            }
        }

        return most ?? _model ?? "unknown";
    }

    // The counts of one message are running totals, and one that is not told again stays.
    private static TurnUsage Latest(TurnUsage before, CliUsage now) => new(
        Math.Max(before.InputTokens, now.InputTokens),
        Math.Max(before.OutputTokens, now.OutputTokens),
        Math.Max(before.CacheReadTokens, now.CacheReadTokens),
        Math.Max(before.CacheWriteTokens, now.CacheWriteTokens));

    private static string? Shorten(string? text) => text is { Length: > 500 } ? string.Concat(text.AsSpan(0, 500), "…") : text;
}
