using Pilotlight.Claude.Turns;
using Pilotlight.Core.Turns;

namespace Pilotlight.Gateway.Compatible;

/// <summary>The journal of one call's turn: what of it its caller is told, what is booked for it, and whether its process is kept. One instance a call.</summary>
/// <remarks>The turn's engine writes, the caller's connection reads; when it goes, the turn is stopped, and still booked.</remarks>
/// <param name="request">The call.</param>
/// <param name="turn">The turn that is run for it.</param>
/// <param name="ledger">Books what it uses.</param>
/// <param name="held">What an earlier call left of the turn that this one goes on with; null for a new one.</param>
/// <param name="process">Decides what becomes of the process.</param>
/// <param name="time">The clock.</param>
internal sealed class CompatibleTurn(
    CompatibleRequest request, RunningTurn turn, CallLedger ledger, HeldTurn? held, CallProcess process, TimeProvider time) : ITurnJournal, ICallTurn
{
    private readonly ToldAnswer _told = new(ledger, time);
    private readonly CallerTurn _said = new(request);

    // The caller's limit of tokens is reached, or a text that ends the answer: what the model says from there on is nobody's.
    private bool _isCut;
    private decimal _bookedBeforeUsd;

    /// <inheritdoc/>
    public string? Upstream => turn.Upstream;

    /// <summary>What the caller is told, the end last.</summary>
    public IAsyncEnumerable<TurnEvent> ReadAsync(CancellationToken cancellationToken) => _told.ReadAsync(cancellationToken);

    /// <inheritdoc/>
    public Task CancelAsync() => turn.CancelAsync();

    public bool HasWork(bool isMoreThere) => false;

    public ValueTask<bool> WorkAsync(Task next) => new(true);

    public void Add(TurnEvent turnEvent)
    {
        switch (turnEvent)
        {
            case TurnStarted started:
                Begin(started);
                break;
            case TextDelta or TextReset when _isCut || _said.WantsJson:
                break;
            case TextDelta delta:
                Say(delta);
                break;
            case TextReset:
                _said.Reset();
                Tell(turnEvent);
                break;
            case ToolStarted call:
                _said.Called(call);
                break;
            case TaskUpdated:
                break; // Their APIs have no word for it.
            default:
                Tell(turnEvent);
                break;
        }
    }

    public Task EndAsync(TurnEnd end) => _told.EndAsync(end, TellEndAsync);

    // A turn that goes on is counted as one; on another process it begins anew.
    private void Begin(TurnStarted started)
    {
        if (held is not null && started.Source == AcquireSource.Hot)
        {
            _bookedBeforeUsd = held.BookedUsd;
            turn.Lease.Resume(held.Booked, held.BookedUsd);
            _said.GoesOn(held.SaidLength);
        }

        Tell(started);
    }

    private void Say(TextDelta delta)
    {
        var passed = _said.Take(delta.Text, out _isCut);
        if (passed.Length > 0)
        {
            Tell(delta with { Text = passed });
        }

        if (_isCut)
        {
            _ = turn.CancelAsync();
        }
    }

    private async Task TellEndAsync(TurnEnd end)
    {
        var usage = end.Bill?.Usage ?? TurnUsage.None;
        var isKept = end.Event switch
        {
            TurnAwaitsTools awaits => await EndAsync(awaits, usage, end.Bill?.CostUsd ?? 0),
            TurnCompleted completed => await EndAsync(completed with { Usage = usage, CostUsd = end.Bill?.CostUsd }),
            TurnCancelled cancelled => End(cancelled with { Usage = usage }),
            _ => Told(end.Event),
        };
        _told.Close();
        if (!isKept)
        {
            await process.ForgetAsync(); // Nobody else can know what it has seen.
        }
    }

    private async Task<bool> EndAsync(TurnAwaitsTools awaits, TurnUsage usage, decimal cost)
    {
        if (_isCut)
        {
            return Told(Cut(request.Model, usage, null));
        }

        TellRest();

        // The process waits for the results of all its calls, a caller who wants one at a time brings one: it is of no use to him.
        var isOneOfMany = request.Settings.OneCallAtATime && awaits.ToolUseIds.Count > 1;
        if (isOneOfMany)
        {
            awaits = awaits with { ToolUseIds = [awaits.ToolUseIds[0]] };
        }
        else
        {
            await process.KeepAsync(_said.Asked(awaits), new HeldTurn(awaits.Usage, cost + _bookedBeforeUsd, awaits.PartialText.Length));
        }

        var end = new TurnCompleted(_said.Text, request.Model, usage, null, "tool_use", null, TimeSpan.Zero);
        foreach (var call in _said.Calls(awaits))
        {
            Tell(call);
        }

        Tell(end);
        return !isOneOfMany;
    }

    private async Task<bool> EndAsync(TurnCompleted completed)
    {
        if (_said.WantsJson)
        {
            if (completed.StructuredOutput is not { } json)
            {
                return Told(new TurnFailed(
                    new TurnError(TurnErrorKind.Api, "The model gave no answer that fits the JSON schema. Ask again, or ask for less."), "", completed.Usage, completed.CostUsd));
            }

            Tell(new TextDelta(_said.Take(json.GetRawText(), out _isCut)));
        }

        TellRest();
        if (!_isCut)
        {
            // Before the caller hears of the end: their next call may come at once.
            await process.KeepAsync(_said.Answered, null);
        }

        Tell(_isCut
            ? Cut(completed.Model, completed.Usage, completed.CostUsd)
            : completed with { Text = _said.Text, StopReason = StopReason(completed) });
        return !_isCut;
    }

    private bool End(TurnCancelled cancelled) => Told(
        _isCut ? Cut(cancelled.Model ?? request.Model, cancelled.Usage, cancelled.CostUsd)
        : turn.IsInterrupted ? new TurnFailed(
            new TurnError(TurnErrorKind.Overloaded, "The server stopped in the middle of the turn. Send the request again."), cancelled.PartialText, cancelled.Usage, cancelled.CostUsd)
        : cancelled);

    private TurnCompleted Cut(string model, TurnUsage usage, decimal? cost) =>
        new(_said.Text, model, usage, cost, _said.Cut.Reason, null, TimeSpan.Zero) { StopSequence = _said.Cut.Sequence };

    private void TellRest()
    {
        if (!_isCut && _said.Rest() is { Length: > 0 } rest)
        {
            Tell(new TextDelta(rest));
        }
    }

    // An answer that is an object is a tool's call to the CLI, and none to the caller.
    private static string? StopReason(TurnCompleted completed) => completed.StopReason == "tool_use" ? "end_turn" : completed.StopReason;

    private void Tell(TurnEvent turnEvent) => _told.Tell(turnEvent);

    private bool Told(TurnEvent end)
    {
        Tell(end);
        return false;
    }
}
