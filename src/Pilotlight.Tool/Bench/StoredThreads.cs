using Pilotlight.Claude.Turns;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Tool.Bench;

/// <summary>Threads with a past, put into the store directly: no model is asked for them.</summary>
internal sealed class StoredThreads(IThreadStore threads, ITurnStore turns, ServerEpoch epoch, TimeProvider time)
{
    public async Task<string> CreateAsync(int count, CancellationToken cancellationToken)
    {
        var thread = New("thr");
        var now = time.GetUtcNow();
        await threads.CreateAsync(new ChatThread(thread, null, null, null, null, 0, now, now), cancellationToken);
        for (var number = 1; number <= count; number++)
        {
            var turn = new Turn(New("trn"), thread, TurnState.Accepted, $"Question {number}: say something short.", New("msg"), New("msg"), null);
            await turns.AcceptAsync(new NewTurnRequest(turn, epoch.Value, StartsAtOnce: true), time.GetUtcNow(), cancellationToken);
            var answer = new StoredMessage(
                turn.AnswerMessageId, thread, turn.Id, "assistant", $"Answer {number}, of a few words and not many more than that.", "complete", "sonnet",
                TurnUsage.None, null, null, null, null, null, time.GetUtcNow());
            await turns.EndAsync(
                turn.Id, epoch.Value, new TurnOutcome(TurnState.Completed, answer), [new StoredEvent(1, "turn.completed", "{}")], time.GetUtcNow(), cancellationToken);
        }

        return thread;
    }

    private static string New(string prefix) => $"{prefix}_{Guid.CreateVersion7():N}";
}
