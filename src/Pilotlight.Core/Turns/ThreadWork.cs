using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>What goes on in threads: their turns, and the processes that hold them. Safe for concurrent use.</summary>
internal sealed class ThreadWork(
    TurnService turns,
    TurnPlaces places,
    TurnIntake intake,
    ITurnStore store,
    IClaudeConversations conversations,
    ITurnNodes nodes,
    IOptions<RelayOptions> relay,
    IHostApplicationLifetime lifetime,
    TimeProvider time) : IThreadWork
{
    /// <inheritdoc/>
    public async Task ForgetAsync(string threadId)
    {
        if (await store.FindRunningAsync(threadId, CancellationToken.None) is { } turn)
        {
            await turns.CancelAsync(turn.Id);
            using var patience = new CancellationTokenSource(relay.Value.DrainTimeout, time);
            try
            {
                await turns.WaitForEndAsync(turn.Id, patience.Token);
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested)
            {
                throw TurnProblems.DoesNotEnd(turn.Id, relay.Value.DrainTimeout);
            }
        }

        await conversations.ForgetAsync(threadId, CancellationToken.None);
        await nodes.ForgetAsync(threadId);
    }

    /// <summary>Somebody is about to begin a thread of a profile; null for plain chat.</summary>
    public void Expect(string? profile)
    {
        if (places.IsClosed)
        {
            throw TurnProblems.Stopping();
        }

        conversations.Expect(profile);
    }

    /// <summary>Makes a process ready for the thread's next turn; one that is not stored yet has said nothing.</summary>
    public async Task WarmAsync(ChatThread thread, bool isStored)
    {
        if (places.IsClosed)
        {
            throw TurnProblems.Stopping();
        }

        var conversation = isStored
            ? await intake.ReadAsync(thread.Id, lifetime.ApplicationStopping) ?? throw ThreadProblems.NoThread(thread.Id)
            : new HotThread(thread, []).ToConversation(droppedTurns: 0);
        await conversations.WarmAsync(conversation, lifetime.ApplicationStopping);
    }
}
