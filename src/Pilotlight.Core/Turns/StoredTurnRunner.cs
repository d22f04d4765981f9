using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Core.Turns;

/// <summary>Runs one stored turn through the engine: with its thread's conversation, what it waited for, and a journal of its own.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed partial class StoredTurnRunner(
    TurnEngine engine,
    IClaudeConversations conversations,
    WaitingTurns waits,
    ResumedTurns resumed,
    ITurnStore store,
    StoredJournals journals,
    IOptions<ClaudeOptions> claude,
    TimeProvider time,
    ILogger<StoredTurnRunner> logger)
{
    /// <summary>Runs it; never throws. Whoever follows it is let go at the end.</summary>
    public async Task RunAsync(LiveTurn live)
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
            conversation = await waits.WithRulesAsync(conversation with { TurnId = live.Turn.Id, Checkpoint = FileRewinds.CheckpointOf(live.Turn.Id) }, canAsk: prepared.Prompt is not { IsMessage: false }, CancellationToken.None);
            ITurnSource source = prepared.Resumed is not null && await resumed.ReserveAsync(live.Lease, conversation.Model, prepared.Fit.Tokens) is { } refused
                ? new RefusedSource(refused)
                : new ConversationSource(conversations, conversation, content);
            var work = new TurnWork(prepared.Prompt?.Api ?? "native", conversation.Model ?? claude.Value.Model, source) { TurnId = live.Turn.Id };
            await engine.RunAsync(live, work, journals.Create(live, prepared));
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
