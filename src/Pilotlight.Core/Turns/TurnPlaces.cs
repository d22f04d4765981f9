using Microsoft.Extensions.Options;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Telemetry;
using Pilotlight.Processes;

namespace Pilotlight.Core.Turns;

/// <summary>How many turns there may be at a time, those that wait for a process included, and whether there may be more.</summary>
/// <remarks>
/// A turn beyond what the pool can serve or keep waiting is refused before anything is stored. A place is taken before a turn is taken
/// on, so that a stop that waits until all are back misses none. Safe for concurrent use.
/// </remarks>
internal sealed class TurnPlaces
{
    private readonly int _max;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isClosed;
    private int _taken;

    public TurnPlaces(IOptions<RelayOptions> relay, IOptions<WarmPoolOptions> pool, TurnTelemetry telemetry)
    {
        _max = (int)Math.Min(relay.Value.MaxRunning, (long)pool.Value.MaxProcesses + pool.Value.MaxWaiting);
        telemetry.ObserveRunning(() => Taken);
    }

    /// <summary>Turns in progress.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Whether the server takes no more turns.</summary>
    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Completes when there are no turns and will be none.</summary>
    public Task Empty => _empty.Task;

    /// <summary>Takes a place; dispose to give it back.</summary>
    /// <exception cref="ProblemException">There is none, or there are no more.</exception>
    public IDisposable Take()
    {
        lock (_gate)
        {
            return _isClosed ? throw TurnProblems.Stopping()
                : _taken >= _max ? throw TurnProblems.Full(_max)
                : TakeOne();
        }
    }

    /// <summary>Takes a place for a turn that was promised already.</summary>
    public IDisposable TakeAnyway()
    {
        lock (_gate)
        {
            return TakeOne();
        }
    }

    /// <summary>Gives no more places.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            TellIfEmpty();
        }
    }

    private Place TakeOne()
    {
        _taken++;
        return new Place(this);
    }

    private void GiveBack()
    {
        lock (_gate)
        {
            _taken--;
            TellIfEmpty();
        }
    }

    private void TellIfEmpty()
    {
        if (_isClosed && _taken == 0)
        {
            _empty.TrySetResult();
        }
    }

    private sealed class Place(TurnPlaces places) : IDisposable
    {
        private int _isBack;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isBack, 1) == 0)
            {
                places.GiveBack();
            }
        }
    }
}
