using Microsoft.Extensions.Options;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Telemetry;
using Pilotlight.Processes;

namespace Pilotlight.Core.Turns;

/// <summary>How many turns there may be at a time, those that wait for a process included.</summary>
/// <remarks>A turn beyond what the pool can serve or keep waiting is refused before anything is stored. Safe for concurrent use.</remarks>
internal sealed class TurnPlaces
{
    private readonly int _max;
    private int _taken;

    public TurnPlaces(IOptions<RelayOptions> relay, IOptions<WarmPoolOptions> pool, GatewayTelemetry telemetry)
    {
        _max = (int)Math.Min(relay.Value.MaxRunning, (long)pool.Value.MaxProcesses + pool.Value.MaxWaiting);
        telemetry.ObserveRunning(() => Taken);
    }

    /// <summary>Turns in progress.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Takes a place; dispose to give it back.</summary>
    /// <exception cref="ProblemException">There is none.</exception>
    public IDisposable Take()
    {
        var place = TakeAnyway();
        if (Taken > _max)
        {
            place.Dispose();
            throw TurnProblems.Full(_max);
        }

        return place;
    }

    /// <summary>Takes a place for a turn that was promised already.</summary>
    public IDisposable TakeAnyway()
    {
        Interlocked.Increment(ref _taken);
        return new Place(this);
    }

    private sealed class Place(TurnPlaces places) : IDisposable
    {
        private int _isBack;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isBack, 1) == 0)
            {
                Interlocked.Decrement(ref places._taken);
            }
        }
    }
}
