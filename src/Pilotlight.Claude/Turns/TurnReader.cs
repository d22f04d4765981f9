using System.Text;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Turns;

/// <summary>Reads the messages of one turn as what they mean to its caller. Plain state, no I/O; one instance a turn.</summary>
internal sealed class TurnReader
{
    private const string Paragraph = "\n\n";

    private readonly CliTotals _before;
    // Text of API messages that were finished, and of the one in progress: only the latter is void when the API starts over.
    private readonly StringBuilder _finished = new();
    private readonly StringBuilder _inProgress = new();
    private readonly HashSet<string> _streamed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _unfinished = new(StringComparer.Ordinal);
    private readonly TurnMeter _meter = new();
    private readonly TextJoiner _textPieces = new();
    private readonly TextJoiner _thinkingPieces = new();
    private readonly RunningAgents _agents = new();
    private string? _stopReason;
    private bool _open;
    private bool _isNewAnswer;

    public TurnReader(CliTotals before) => _before = After = before;

    /// <summary>The answer so far.</summary>
    public string Text => _finished.ToString() + _inProgress;

    /// <summary>The tokens so far, as the API's messages told them, and the CLI at the end.</summary>
    public TurnUsage Used => _meter.Total;

    /// <summary>The CLI's estimate of the turn's cost in US dollars; null until its end, or when it gave none.</summary>
    public decimal? CostUsd { get; private set; }

    /// <summary>The model that answers; null until it begins to.</summary>
    public string? Model { get; private set; }

    /// <summary>Whether an API message has begun and not ended: more may come of it.</summary>
    public bool IsMessageOpen => _open;

    /// <summary>The calls of tools that have not returned: their names by their ids.</summary>
    public IReadOnlyDictionary<string, string> Unfinished => _unfinished;

    /// <summary>The subagents that go on beside the conversation.</summary>
    public RunningAgents Agents => _agents;

    /// <summary>The answer's end that waits for them; null while there is none.</summary>
    public CliResult? Held { get; private set; }

    /// <summary>The latest refusal of the API, if it has not recovered since.</summary>
    public CliApiRetry? LastRetry { get; private set; }

    /// <summary>When the limit that a sign-in has met is over; null where none is met, or that is not known.</summary>
    public DateTimeOffset? LimitedUntil { get; private set; }

    /// <summary>The process's running totals after the turn.</summary>
    public CliTotals After { get; private set; }

    /// <summary>What the message means; the turn's end is not among it.</summary>
    public IEnumerable<TurnEvent> Read(CliMessage message)
    {
        var model = Model;
        var events = Interpret(message);
        return Count(message) | Model != model ? events.Prepend(new UsageGrew(Used, Model)) : events;
    }

    /// <summary>Keeps what would be the end: subagents are at work, and the model has more to say when they report.</summary>
    public void Hold(CliResult result) => (Held, _isNewAnswer) = (result, true);

    /// <summary>Takes of a message only what it says about usage; whether that grew.</summary>
    public bool Count(CliMessage message) => _meter.Count(message);

    private IEnumerable<TurnEvent> Interpret(CliMessage message)
    {
        switch (message)
        {
            // A tool of the agent's own may be another model at work; what it says to itself is no part of the answer.
            case CliMessageStart { ParentToolUseId: not null } or CliDelta { IsSubagent: true } or CliMessageDelta { ParentToolUseId: not null }
                or CliAssistant { IsSubagent: true } or CliUser { IsSubagent: true }:
                return [];
            case CliMessageStart start:
                return Start(start);
            case CliDelta { Kind: CliDeltaKind.Thinking } thinking:
                LastRetry = null;
                return _thinkingPieces.Take(thinking.Text) is { Length: > 0 } thought ? [new ThinkingDelta(thought)] : [];
            case CliDelta delta:
                LastRetry = null;
                return Say(_textPieces.Take(delta.Text));
            case CliMessageDelta { StopReason: { } reason }:
                _stopReason = reason;
                var rest = Say(_textPieces.Flush());
                _thinkingPieces.Flush();
                Finish();
                return rest;
            case CliAssistant assistant:
                return Assistant(assistant);
            case CliUser user:
                foreach (var result in user.ToolResults)
                {
                    _unfinished.Remove(result.ToolUseId);
                }

                return user.ToolResults.Select(result =>
                    new ToolFinished(result.ToolUseId, result.IsError, Shorten(result.Text)) { Result = result.Text });
            case CliTask task:
                _agents.Take(task);
                return [Tell(task)];
            case CliRateLimit limit:
                LimitedUntil = limit.IsMet ? limit.ResetsAt : null;
                return [];
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
        var model = Account(result);
        return new TurnCompleted(
            Text is { Length: > 0 } streamed ? streamed : result.Text ?? "", model ?? "unknown", Used, CostUsd, result.StopReason ?? _stopReason, timeToFirstToken, duration)
        {
            StructuredOutput = result.StructuredOutput,
        };
    }

    /// <summary>Takes tokens and cost of this turn alone from its <c>result</c>; returns the model that answered, by the name that the CLI books it under.</summary>
    public string? Account(CliResult result)
    {
        After = _before.After(result);
        var byModel = After.Since(_before);

        // The result's own usage leaves out what an interrupt broke off and what subagents used; the totals by model do not.
        _meter.Settle(TurnUsage.Max(result.Usage.ToTurn(), byModel.Values.Aggregate(TurnUsage.None, (sum, one) => sum + one)));

        // The totals are sums of doubles; a billionth of a dollar is exact enough, and shows no tail of their rounding.
        CostUsd = result.TotalCostUsd - _before.CostUsd is { } cost ? Math.Round(cost, 9) : null;
        return Model is { } told && byModel.ContainsKey(told)
            ? told
            : byModel.Where(model => model.Value.OutputTokens > 0).OrderByDescending(model => model.Value.OutputTokens).Select(model => model.Key).FirstOrDefault() ?? Model;
    }

    private IEnumerable<TurnEvent> Start(CliMessageStart start)
    {
        // A message that starts while another is open means that the stream was cut and the model starts over.
        var events = _open ? Void() : [];
        _open = true;
        Model = start.Model ?? Model;
        if (start.MessageId is { } id)
        {
            _streamed.Add(id);
        }

        return events;
    }

    private List<TurnEvent> Assistant(CliAssistant assistant)
    {
        var events = new List<TurnEvent>();
        Model = assistant.Model is { } model && model != "<synthetic>" ? model : Model;

        // When streaming fails the CLI may ask again without streaming: then the whole message is all there is.
        if (assistant.Text.Length > 0 && assistant.MessageId is { } id && assistant.Model != "<synthetic>" && !_streamed.Contains(id))
        {
            LastRetry = null;
            events.AddRange(Void());
            _inProgress.Append(assistant.Text);
            events.Add(new TextDelta(assistant.Text));
            Finish();
        }

        foreach (var tool in assistant.ToolUses)
        {
            _unfinished[tool.Id] = tool.Name;
        }

        events.AddRange(assistant.ToolUses.Select(tool => new ToolStarted(tool.Id, tool.Name, tool.Input)));
        return events;
    }

    private TurnEvent[] Say(string text)
    {
        if (_isNewAnswer && text.Length > 0)
        {
            _isNewAnswer = false;
            if (Text.Length > 0)
            {
                _finished.Append(Paragraph);
                _inProgress.Append(text);
                return [new TextDelta(Paragraph + text)];
            }
        }

        _inProgress.Append(text);
        return text.Length > 0 ? [new TextDelta(text)] : [];
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
        _textPieces.Flush();
        _thinkingPieces.Flush();
        if (_inProgress.Length == 0)
        {
            return [];
        }

        _inProgress.Clear();
        return _finished.Length == 0 ? [new TextReset()] : [new TextReset(), new TextDelta(_finished.ToString())];
    }

    private static TaskUpdated Tell(CliTask task) => new(task.TaskId, task.Status == "killed" ? "stopped" : task.Status)
    {
        Kind = task.Type switch { "local_agent" => "agent", "local_bash" => "shell", var other => other },
        ToolUseId = task.ToolUseId,
        Agent = task.Agent,
        Description = task.Description,
        IsBackground = task.IsBackground,
        Summary = Shorten(task.Summary),
        LastTool = task.LastTool,
        ParentTaskId = task.ParentTaskId,
        Tokens = task.Tokens,
        ToolUses = task.ToolUses,
        Duration = task.Duration,
    };

    private static string? Shorten(string? text) => text is { Length: > 500 } ? string.Concat(text.AsSpan(0, 500), "…") : text;
}
