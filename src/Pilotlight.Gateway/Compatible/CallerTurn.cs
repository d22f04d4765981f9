using System.Text;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Tools;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Gateway.Compatible;

/// <summary>What one call's part of a turn has said and asked so far. A turn that waits for its caller is several calls. One instance a call.</summary>
internal sealed class CallerTurn(CompatibleRequest request)
{
    private readonly OutputLimit _limit = new(request.MaxTokens);
    private readonly StopSequences _stops = new(request.Settings.StopSequences);
    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, ToolStarted> _calls = new(StringComparer.Ordinal);
    private int _saidBefore;
    private int _repeated;

    /// <summary>Whether the answer is an object; what the model says beside it is no part of it.</summary>
    public bool WantsJson => request.OutputSchema is not null;

    /// <summary>The text so far.</summary>
    public string Text => _text.ToString();

    /// <summary>The answer, as the caller brings it back.</summary>
    public CompatibleMessage Answered => new(HistoryRole.Assistant, [new UserText(Text)]);

    /// <summary>The turn goes on where an earlier call left it; so much of its text was told then.</summary>
    public void GoesOn(int saidBefore) => _saidBefore = saidBefore;

    /// <summary>Why it was cut: a text of the caller's that ends it, or the caller's limit of tokens.</summary>
    public (string Reason, string? Sequence) Cut => _stops.Met is { } met && !_limit.IsMet ? ("stop_sequence", met) : ("max_tokens", null);

    /// <summary>What of more text is told.</summary>
    public string Take(string text, out bool isCut)
    {
        var skipped = Math.Min(_repeated, text.Length);
        _repeated -= skipped;
        var passed = _limit.Take(_stops.Take(text[skipped..]));
        _text.Append(passed);
        isCut = _limit.IsMet || _stops.Met is not null;
        return passed;
    }

    /// <summary>The text is over: what was held, since a text that ends it might have begun there, is told.</summary>
    public string Rest()
    {
        var rest = _limit.Take(_stops.Flush());
        _text.Append(rest);
        return rest;
    }

    /// <summary>The text is void. What was said in the turn before this call comes again, and was told already.</summary>
    public void Reset()
    {
        _limit.Reset();
        _stops.Reset();
        _text.Clear();
        _repeated = _saidBefore;
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
}
