using System.Text;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Tools;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Prompts;

namespace Pilotlight.Core.Turns;

/// <summary>The answer to a prompt: what of a turn's events is its caller's, and how it ends for him. One instance a turn.</summary>
/// <remarks>
/// A process goes on with its turn when the results of calls come, and then tells from the turn's beginning; here each part is a turn of its
/// own. An answer that must fit a schema is the object alone. The limit of tokens is kept at five characters a token, above what text has.
/// </remarks>
internal sealed class PromptedAnswer(Prompt prompt, HeldTurn? held, LiveTurn live)
{
    private const string OutputTool = "StructuredOutput";
    private const int CharactersOfAToken = 5;

    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, HistoryToolCall> _calls = new(StringComparer.Ordinal);
    private readonly HashSet<string> _hidden = new(StringComparer.Ordinal);
    private readonly long _most = prompt.MaxTokens is { } tokens ? (long)tokens * CharactersOfAToken : long.MaxValue;
    private int _saidBefore;
    private int _repeated;
    private bool _isCut;

    /// <summary>The calls that it ends with.</summary>
    public IReadOnlyList<HistoryToolCall> Calls { get; private set; } = [];

    /// <summary>Whether a call is one of the caller's functions.</summary>
    public bool IsCallers(ToolStarted call) => _calls.ContainsKey(call.ToolUseId);

    /// <summary>The event as its caller is told it; null for one that is none of his.</summary>
    public TurnEvent? Take(TurnEvent turnEvent)
    {
        switch (turnEvent)
        {
            case TurnStarted { Source: AcquireSource.Hot } when held is not null && prompt.AnswersCalls:
                live.Lease.Resume(held.Usage, held.CostUsd);
                _saidBefore = held.SaidLength;
                return turnEvent;
            case TextDelta or TextReset when _isCut || prompt.OutputSchema is not null:
                return null;
            case TextDelta delta:
                return Say(delta.Text) is { Length: > 0 } said ? new TextDelta(said) : null;
            case TextReset:
                _text.Clear();
                _repeated = _saidBefore;
                return turnEvent;
            case ToolStarted { Name: OutputTool } own when prompt.OutputSchema is not null:
                _hidden.Add(own.ToolUseId);
                return null;
            case ToolFinished finished when _hidden.Contains(finished.ToolUseId):
                return null;
            case ToolStarted call when FunctionNames.IsFunction(call.Name) && prompt.Functions.Any(function => function.Name == FunctionNames.Unqualify(call.Name)):
                return _calls.TryAdd(call.ToolUseId, new HistoryToolCall(call.ToolUseId, FunctionNames.Unqualify(call.Name), call.Input)) ? call : null;
            default:
                return turnEvent;
        }
    }

    /// <summary>The end as its caller is told it, and the text that comes with it.</summary>
    public (TurnEnd End, string Text) End(TurnEnd end, TimeSpan duration)
    {
        var (usage, cost) = (end.Bill?.Usage ?? TurnUsage.None, end.Bill?.CostUsd);
        switch (end.Event)
        {
            case TurnAwaitsTools awaits:
                Calls = [.. awaits.ToolUseIds.Where(_calls.ContainsKey).Select(id => _calls[id])];
                return (Completed(end, awaits.Model, "tool_use", duration), "");
            case TurnCompleted { StructuredOutput: { } json } completed when prompt.OutputSchema is not null:
                var text = Say(json.GetRawText());
                return (end with { Event = completed with { Text = text, Usage = usage, CostUsd = cost, StopReason = _isCut ? "max_tokens" : "end_turn" } }, text);
            case TurnCompleted when prompt.OutputSchema is not null:
                return (end with
                {
                    Event = new TurnFailed(
                        new TurnError(TurnErrorKind.Api, "The model gave no answer that fits the JSON schema. Ask again, or ask for less."), "", usage, cost),
                }, "");
            case TurnCompleted completed:
                return (end with { Event = completed with { Text = _text.ToString(), Usage = usage, CostUsd = cost } }, "");
            case TurnCancelled cancelled when _isCut:
                return (Completed(end, cancelled.Model, "max_tokens", duration), "");
            case TurnCancelled cancelled:
                return (end with { Event = cancelled with { PartialText = _text.ToString() } }, "");
            case TurnFailed failed:
                return (end with { Event = failed with { PartialText = _text.ToString() } }, "");
            default:
                return (end, "");
        }
    }

    private TurnEnd Completed(TurnEnd end, string? model, string reason, TimeSpan duration) => end with
    {
        Event = new TurnCompleted(
            _text.ToString(), model ?? end.Bill?.Model ?? "unknown", end.Bill?.Usage ?? TurnUsage.None, end.Bill?.CostUsd, reason, null, duration),
        IsInterrupted = false,
    };

    private string Say(string text)
    {
        var skipped = Math.Min(_repeated, text.Length);
        _repeated -= skipped;
        var rest = text[skipped..];
        var room = _most - _text.Length;
        if (rest.Length > room)
        {
            // Never half of a character that takes two.
            rest = rest[..(int)(room > 0 && char.IsHighSurrogate(rest[(int)room - 1]) ? room - 1 : room)];
            _isCut = true;
            _ = live.CancelAsync();
        }

        _text.Append(rest);
        return rest;
    }
}
