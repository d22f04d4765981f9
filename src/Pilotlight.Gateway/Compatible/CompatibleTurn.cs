using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;

namespace Pilotlight.Gateway.Compatible;

/// <summary>One call's turn: what of it its caller is told, what is booked for it, and whether its process is kept. One instance a call.</summary>
/// <param name="request">The call.</param>
/// <param name="said">What the call has said so far.</param>
/// <param name="admitted">What is held of the caller's limits; settled at the turn's end.</param>
/// <param name="prices">What a turn costs whose cost is not told.</param>
/// <param name="keep">Says what the process holds from now on, and as what it waits.</param>
/// <param name="stop">Stops the turn.</param>
/// <param name="gone">The caller's own end of it.</param>
internal sealed class CompatibleTurn(
    CompatibleRequest request,
    CallerTurn said,
    IAdmittedTurn admitted,
    LimitOptions prices,
    Func<CompatibleMessage, HeldTurn?, ValueTask> keep,
    CancellationTokenSource stop,
    CancellationToken gone)
{
    // The caller's limit of tokens is reached: what the model says from there on is nobody's.
    private bool _isCut;

    /// <summary>Whether the process can serve the conversation's next call.</summary>
    public bool IsKept { get; private set; }

    /// <summary>What the caller is told of an event; nothing, the event, or what it means for this call.</summary>
    public async ValueTask<IEnumerable<TurnEvent>> TellAsync(TurnEvent turnEvent)
    {
        switch (turnEvent)
        {
            case TurnStarted started:
                said.Began(started.Source);
                return [started];
            case TextDelta or TextReset when _isCut || said.WantsJson:
                return [];
            case TextDelta delta:
                return await TellAsync(delta);
            case TextReset:
                said.Reset();
                return [turnEvent];
            case ToolStarted call:
                said.Called(call);
                return [];
            case TurnAwaitsTools awaits:
                return await EndAsync(awaits);
            case TurnCompleted completed:
                return await EndAsync(completed with { Usage = said.Rest(completed.Usage), CostUsd = said.Rest(completed.CostUsd) });
            case TurnCancelled cancelled:
                return [await EndAsync(cancelled)];
            case TurnFailed failed:
                await admitted.SettleAsync(request.Model, said.Rest(failed.Usage), said.Rest(failed.CostUsd));
                return [failed];
            default:
                return [turnEvent];
        }
    }

    private async ValueTask<IEnumerable<TurnEvent>> TellAsync(TextDelta delta)
    {
        var passed = said.Take(delta.Text, out _isCut);
        if (_isCut)
        {
            await stop.CancelAsync();
        }

        return passed.Length > 0 ? [delta with { Text = passed }] : [];
    }

    private async Task<IEnumerable<TurnEvent>> EndAsync(TurnAwaitsTools awaits)
    {
        var usage = said.Rest(awaits.Usage);
        var cost = prices.Price(request.Model, usage);
        await admitted.SettleAsync(request.Model, usage, cost);
        var end = new TurnCompleted(said.Text, request.Model, usage, null, _isCut ? "max_tokens" : "tool_use", null, TimeSpan.Zero);
        if (_isCut)
        {
            return [end];
        }

        IsKept = true;
        await keep(said.Asked(awaits), said.Hold(awaits, cost));
        return [.. said.Calls(awaits), end];
    }

    private async Task<IEnumerable<TurnEvent>> EndAsync(TurnCompleted completed)
    {
        await admitted.SettleAsync(completed.Model, completed.Usage, completed.CostUsd);
        var told = new List<TurnEvent>();
        if (said.WantsJson)
        {
            if (completed.StructuredOutput is not { } json)
            {
                return [CallerTurn.NoJson(completed)];
            }

            told.Add(new TextDelta(said.Take(json.GetRawText(), out _isCut)));
        }

        IsKept = !_isCut;
        if (IsKept)
        {
            // Before the caller hears of the end: their next call may come at once.
            await keep(said.Answered, null);
        }

        told.Add(completed with { Text = said.Text, StopReason = _isCut ? "max_tokens" : CallerTurn.StopReason(completed) });
        return told;
    }

    private async Task<TurnEvent> EndAsync(TurnCancelled cancelled)
    {
        var (usage, cost) = (said.Rest(cancelled.Usage), said.Rest(cancelled.CostUsd));
        await admitted.SettleAsync(request.Model, usage, cost);
        return _isCut ? new TurnCompleted(said.Text, request.Model, usage, cost, "max_tokens", null, TimeSpan.Zero)
            : gone.IsCancellationRequested ? cancelled
            : new TurnFailed(
                new TurnError(TurnErrorKind.Overloaded, "The server stopped in the middle of the turn. Send the request again."),
                cancelled.PartialText, cancelled.Usage, cancelled.CostUsd);
    }
}
