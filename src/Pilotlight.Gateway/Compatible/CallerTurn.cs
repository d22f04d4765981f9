using System.Text;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Tools;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Gateway.Compatible;

/// <summary>What one call's part of a turn has said and asked so far. A turn that waits for its caller is several calls. One instance a call.</summary>
/// <remarks>
/// Tokens and cost are told for a turn as a whole. What was booked for its earlier calls is taken off those of the later ones.
/// </remarks>
internal sealed class CallerTurn(CompatibleRequest request, HeldTurn? held)
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

    public void Called(ToolStarted call) => _calls[call.ToolUseId] = call with
    {
        Name = CallerToolNames.Told(FunctionNames.Unqualify(call.Name), request.Tools),
    };

    /// <summary>The calls that the caller is to answer.</summary>
    public IEnumerable<ToolStarted> Calls(TurnAwaitsTools awaits) => awaits.ToolUseIds.Select(id => _calls[id]);

    /// <summary>The answer with its calls, as the caller brings it back.</summary>
    public CompatibleMessage Asked(TurnAwaitsTools awaits) => Answered with
    {
        Calls = [.. Calls(awaits).Select(call => new HistoryToolCall(call.ToolUseId, call.Name, call.Input))],
    };

    /// <summary>The turn as it waits, with what was booked for it in this call and before.</summary>
    public HeldTurn Hold(TurnAwaitsTools awaits, decimal bookedUsd) =>
        new(awaits.Usage, bookedUsd + (_held?.BookedUsd ?? 0), awaits.PartialText.Length);

    /// <summary>What a turn used beyond what was booked for it already.</summary>
    public TurnUsage Rest(TurnUsage turn) => _held is null ? turn : turn - _held.Booked;

    /// <summary>What it cost beyond what was booked for it already.</summary>
    public decimal? Rest(decimal? costUsd) => costUsd is { } cost ? Math.Max(0, cost - (_held?.BookedUsd ?? 0)) : null;

    /// <summary>Why the model stopped. An answer that is an object is a tool's call to the CLI, and none to the caller.</summary>
    public static string? StopReason(TurnCompleted completed) => completed.StopReason == "tool_use" ? "end_turn" : completed.StopReason;

    /// <summary>The end of a turn without the object that was asked for.</summary>
    public static TurnFailed NoJson(TurnCompleted completed) => new(
        new TurnError(TurnErrorKind.Api, "The model gave no answer that fits the JSON schema. Ask again, or ask for less."), "", completed.Usage, completed.CostUsd);
}
