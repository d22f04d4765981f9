using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Core.Access;
using Pilotlight.Core.Servers;

namespace Pilotlight.Core.Turns;

/// <summary>Begins turns that are stored: those that were just taken on, and those that an earlier server had taken on and not begun.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class StoredTurns(
    StoredTurnRunner runner,
    RunningTurns running,
    TurnPlaces places,
    ServerEpoch epoch,
    TurnNews news,
    IOptions<ClaudeOptions> claude,
    IOptions<LimitOptions> prices,
    TimeProvider time)
{
    /// <summary>Runs a turn that was just taken on, and started.</summary>
    public LiveTurn Run(IntakeResult taken, KeyLimits limits, IDisposable place, long arrivedAt, bool isThreadChanged)
    {
        var lease = Lease(taken.Turn, taken.Model, place, limits, taken.Rate);
        return Run(new LiveTurn(taken.Turn, lease, arrivedAt, time, isThreadChanged ? null : taken.Prepared));
    }

    /// <summary>Runs a turn that was promised by an earlier server, or by this one before its store went away.</summary>
    public void RunPromised(Turn turn)
    {
        epoch.Hold(turn.Id);

        // Its key's limits were asked when it was taken on; what it holds stands in the store.
        Run(new LiveTurn(turn, Lease(turn, claude.Value.Model, places.TakeAnyway(), KeyLimits.None, null), time.GetTimestamp(), time));
    }

    /// <summary>Whether a turn runs here.</summary>
    public bool IsRunning(string turnId) => running.Find(turnId) is not null;

    private TurnLease Lease(Turn turn, string model, IDisposable place, KeyLimits limits, RateState? rate) =>
        new(turn.Id, turn.KeyId, epoch.Value, model, place, epoch, prices.Value) { Limits = limits, Rate = rate };

    private LiveTurn Run(LiveTurn live)
    {
        running.Run(live, () => runner.RunAsync(live));
        news.TellBegan(live.Turn);
        return live;
    }
}
