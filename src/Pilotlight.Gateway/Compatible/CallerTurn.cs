using System.Text;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Tools;
using Pilotlight.Claude.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Turns;

namespace Pilotlight.Gateway.Compatible;

/// <summary>What one call's part of a turn has said and asked so far. A turn that waits for its caller is several calls. One instance a call.</summary>
/// <remarks>
/// The CLI counts tokens at the end of a turn. A call that ends with calls of functions is booked as it is estimated here, and what
/// was booked is taken off the true count at the turn's end.
/// </remarks>
internal sealed class CallerTurn(CompatibleRequest request, HeldTurn? held, long inputTokens, LimitOptions prices)
{
    private readonly OutputLimit _limit = new(request.MaxTokens);
    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, ToolStarted> _calls = new(StringComparer.Ordinal);
    private HeldTurn? _held = held;
    private int _repeated;

    /// <summary>Whether the answer is an object; what the model says beside it is no part of it.</summary>
    public bool WantsJson => request.OutputSchema is not null;

    /// <summary>The text so far.</summary>
    public string Text => _text.ToString();

    /// <summary>The answer, as the caller brings it back.</summary>
    public CompatibleMessage Answered => new(HistoryRole.Assistant, [new UserText(Text)]);

    /// <summary>About what was used so far.</summary>
    public TurnUsage SoFar => new(
        inputTokens,
        (Text.Length > 0 ? ContextLimits.Count(Text) : 0) + _calls.Values.Sum(call => ContextLimits.Count(call.Name + call.Input.GetRawText())),
        0,
        0);

    /// <summary>About what it cost.</summary>
    public decimal CostSoFar => prices.Price(request.Model, SoFar.InputTokens, SoFar.OutputTokens);

    /// <summary>A turn that goes on is counted as one; on another process it begins anew.</summary>
    public void Began(AcquireSource source) => _held = source == AcquireSource.Hot ? _held : null;

    /// <summary>What of more text is told.</summary>
    public string Take(string text, out bool isCut)
    {
        var skipped = Math.Min(_repeated, text.Length);
        _repeated -= skipped;
        var passed = _limit.Take(text[skipped..]);
        _text.Append(passed);
        isCut = passed.Length < text.Length - skipped;
        return passed;
    }

    /// <summary>The text is void. What was said in the turn before this call comes again, and was told already.</summary>
    public void Reset()
    {
        _limit.Reset();
        _text.Clear();
        _repeated = _held?.SaidLength ?? 0;
    }

    public void Called(ToolStarted call) => _calls[call.ToolUseId] = call with { Name = FunctionNames.Unqualify(call.Name) };

    /// <summary>The calls that the caller is to answer.</summary>
    public IEnumerable<ToolStarted> Calls(TurnAwaitsTools awaits) => awaits.ToolUseIds.Select(id => _calls[id]);

    /// <summary>The answer with its calls, as the caller brings it back.</summary>
    public CompatibleMessage Asked(TurnAwaitsTools awaits) => Answered with
    {
        Calls = [.. Calls(awaits).Select(call => new HistoryToolCall(call.ToolUseId, call.Name, call.Input))],
    };

    /// <summary>The turn as it waits.</summary>
    public HeldTurn Hold(TurnAwaitsTools awaits)
    {
        var (now, before) = (SoFar, _held?.Booked ?? TurnUsage.None);
        return new HeldTurn(
            new TurnUsage(now.InputTokens + before.InputTokens, now.OutputTokens + before.OutputTokens, 0, 0),
            CostSoFar + (_held?.BookedUsd ?? 0),
            awaits.PartialText.Length);
    }

    /// <summary>What a turn used beyond what was booked for it already.</summary>
    public TurnUsage Rest(TurnUsage turn)
    {
        if (_held is not { Booked: var booked })
        {
            return turn;
        }

        var write = Math.Max(0, booked.InputTokens - turn.InputTokens);
        var read = Math.Max(0, write - turn.CacheWriteTokens);
        return new TurnUsage(
            Math.Max(0, turn.InputTokens - booked.InputTokens),
            Math.Max(0, turn.OutputTokens - booked.OutputTokens),
            Math.Max(0, turn.CacheReadTokens - read),
            Math.Max(0, turn.CacheWriteTokens - write));
    }

    /// <summary>What it cost beyond what was booked for it already.</summary>
    public decimal? Rest(decimal? costUsd) => costUsd is { } cost ? Math.Max(0, cost - (_held?.BookedUsd ?? 0)) : null;

    /// <summary>An end that the model itself did not tell.</summary>
    public TurnCompleted End(string stopReason) => new(Text, request.Model, SoFar, null, stopReason, null, TimeSpan.Zero);

    /// <summary>Why the model stopped. An answer that is an object is a tool's call to the CLI, and none to the caller.</summary>
    public static string? StopReason(TurnCompleted completed) => completed.StopReason == "tool_use" ? "end_turn" : completed.StopReason;

    /// <summary>The end of a turn without the object that was asked for.</summary>
    public static TurnFailed NoJson(TurnCompleted completed) => new(
        new TurnError(TurnErrorKind.Api, "The model gave no answer that fits the JSON schema. Ask again, or ask for less."), "", completed.Usage, completed.CostUsd);
}
