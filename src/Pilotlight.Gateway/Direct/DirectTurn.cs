using Pilotlight.Claude.Turns;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Compatible;

namespace Pilotlight.Gateway.Direct;

/// <summary>The journal of a direct call's turn: all of it is told, and what it used is booked. One instance a call.</summary>
internal sealed class DirectTurn(RunningTurn turn, CallLedger ledger, TimeProvider time) : ITurnJournal, ICallTurn
{
    private readonly ToldAnswer _told = new(ledger, time);

    public string? Upstream => turn.Upstream;

    public IAsyncEnumerable<TurnEvent> ReadAsync(CancellationToken cancellationToken) => _told.ReadAsync(cancellationToken);

    public Task CancelAsync() => turn.CancelAsync();

    public bool HasWork(bool isMoreThere) => false;

    public ValueTask<bool> WorkAsync(Task next) => new(true);

    public void Add(TurnEvent turnEvent) => _told.Tell(turnEvent);

    public Task EndAsync(TurnEnd end) => _told.EndAsync(end, TellAsync);

    private Task TellAsync(TurnEnd end)
    {
        _told.Tell(end.Event);
        _told.Close();
        return Task.CompletedTask;
    }
}
