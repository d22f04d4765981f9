using System.Threading.Channels;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Turns;

namespace Pilotlight.Gateway.Compatible;

/// <summary>What a call's turn tells its caller: written by the turn's engine, read by the connection. One instance a turn.</summary>
internal sealed class ToldAnswer(CallLedger ledger, TimeProvider time)
{
    // How long an answer may wait for its booking: then it is told, and booked as soon as it can be.
    private static readonly TimeSpan s_bookingPatience = TimeSpan.FromSeconds(2);

    private readonly Channel<TurnEvent> _told = Channel.CreateUnbounded<TurnEvent>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private bool _isTold;

    /// <summary>What the caller is told, the end last.</summary>
    public IAsyncEnumerable<TurnEvent> ReadAsync(CancellationToken cancellationToken) => _told.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Tells more.</summary>
    public void Tell(TurnEvent turnEvent) => _told.Writer.TryWrite(turnEvent);

    /// <summary>There is nothing more to tell.</summary>
    public void Close() => _told.Writer.TryComplete();

    /// <summary>Books what was used, and has the end told, once however often the booking must be tried.</summary>
    public async Task EndAsync(TurnEnd end, Func<TurnEnd, Task> tellEnd)
    {
        // A store may work on its caller's thread, and be away.
        var booking = Task.Run(() => ledger.SettleAsync(end.Bill));
        if (!_isTold)
        {
            await Task.WhenAny(booking, Task.Delay(s_bookingPatience, time));
            _isTold = true;
            try
            {
                await tellEnd(end);
            }
            finally
            {
                Close(); // Whatever went wrong: the caller waits for nothing more.
            }
        }

        await booking;
    }
}
