using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Access;
using Pilotlight.Core.Servers;

namespace Pilotlight.Core.Turns;

/// <summary>Runs turns that are stored: those that were just taken on, and those that an earlier server had taken on and not begun.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed partial class StoredTurns(
    TurnEngine engine,
    IClaudeConversations conversations,
    RunningTurns running,
    TurnPlaces places,
    TurnIntake intake,
    WaitingTurns waits,
    ResumedTurns resumed,
    ITurnStore store,
    ServerEpoch epoch,
    TurnNews news,
    IOptions<RelayOptions> relay,
    IOptions<ServerOptions> server,
    IOptions<ClaudeOptions> claude,
    IOptions<LimitOptions> prices,
    TimeProvider time,
    ILogger<StoredTurns> logger)
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
        running.Run(live, () => RunAsync(live));
        news.TellBegan(live.Turn);
        return live;
    }

    private async Task RunAsync(LiveTurn live)
    {
        try
        {
            if (live.Turn.State == TurnState.Accepted && !await store.TryStartAsync(live.Turn.Id, live.Lease.Epoch, time.GetUtcNow(), CancellationToken.None))
            {
                return; // Another server has it, or it has ended.
            }

            if ((live.Prepared ?? await resumed.PrepareAsync(live)) is not { } prepared)
            {
                return; // The thread is gone, and its turns with it.
            }

            live.IsUnattended = prepared.Prompt?.IsUnattended == true;
            var (conversation, content) = prepared.Say(live.Turn.Text);
            conversation = await waits.WithRulesAsync(conversation with { Checkpoint = FileRewinds.CheckpointOf(live.Turn.Id) }, canAsk: prepared.Prompt is not { IsMessage: false }, CancellationToken.None);
            ITurnSource source = prepared.Resumed is not null && await resumed.ReserveAsync(live.Lease, conversation.Model, prepared.Fit.Tokens) is { } refused
                ? new RefusedSource(refused)
                : new ConversationSource(conversations, conversation, content);
            var work = new TurnWork(prepared.Prompt?.Api ?? "native", conversation.Model ?? claude.Value.Model, source) { TurnId = live.Turn.Id };
            await engine.RunAsync(live, work, new StoredJournal(live, prepared, store, intake, waits, relay.Value, time, server.Value.IsSimulated));
        }
        catch (Exception fault)
        {
            // It is stored and does not run: this server's life finds it, and ends it or runs it again.
            LogNotBegun(logger, fault, live.Turn.Id);
        }
        finally
        {
            live.Publish([], isEnd: true);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Turn {Turn} could not be begun")]
    private static partial void LogNotBegun(ILogger logger, Exception fault, string turn);
}
