using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Access;
using Pilotlight.Core.Attachments;
using Pilotlight.Core.Context;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>A turn with the thread that it is in, as it is sent.</summary>
internal sealed record PreparedTurn(HotThread Thread, ContextFit Fit, Prompt? Prompt = null)
{
    /// <summary>What it was, where a person's decision takes it up; null for one that begins.</summary>
    public ResumedTurn? Resumed { get; init; }

    /// <summary>The conversation, and what is said in it now.</summary>
    public (Conversation Conversation, IReadOnlyList<UserContent> Content) Say(string text)
    {
        var (conversation, content) = Thread.ToConversation(Fit.DroppedTurns, text, Prompt);
        return Resumed is null ? (conversation, content)
            : (conversation with { History = [.. conversation.History, .. Resumed.History([new HistoryMessage(HistoryRole.User, text) { Content = Prompt?.Content }])] }, Resumed.Content);
    }
}

/// <summary>What came of taking a turn in.</summary>
internal sealed record IntakeResult(AcceptStatus Status, Turn Turn, string Model, PreparedTurn? Prepared = null, RateState? Rate = null);

/// <summary>Takes turns in: checks limits, and stores turn, message and reservation in one transaction, on the thread as it was read.</summary>
internal sealed class TurnIntake(ITurnStore turns, HotThreads threads, ContextLimits context, Admission admission, ServerEpoch epoch, IOptions<ClaudeOptions> claude, TimeProvider time)
{
    // Another writer has changed the thread in between, so often in a row: that is no coincidence.
    private const int MaxAttempts = 10;

    /// <summary>Takes a turn in, started, or says what stands against it.</summary>
    /// <exception cref="ProblemException">There is no such thread, or a limit forbids it.</exception>
    public async ValueTask<IntakeResult> AcceptAsync(
        Caller caller, string threadId, string text, Prompt? prompt, string? idempotencyKey, CancellationToken cancellationToken, string? id = null)
    {
        var stored = prompt is null ? null : PromptJson.Write(prompt);
        for (var attempt = 1; ; attempt++)
        {
            var thread = await threads.GetAsync(threadId, isFresh: attempt > 1, cancellationToken);
            if (thread is null || !thread.Thread.IsVisibleTo(caller))
            {
                throw ThreadProblems.NoThread(threadId);
            }

            var fit = context.Fit(thread, text, prompt);
            var question = Ids.New("msg");
            var turn = new Turn(id ?? Ids.New("trn"), threadId, TurnState.Accepted, text, question, Ids.New("msg"), idempotencyKey, caller.KeyId)
            {
                Attachments = AttachmentList.Of(prompt, question),
            };
            var model = prompt?.Model ?? thread.Thread.Model ?? claude.Value.Model;
            var wanted = new TurnToAdmit(caller, model, thread.Thread.Profile, fit.Tokens);
            var request = new NewTurnRequest(turn, epoch.Value, thread.Thread.Version, fit.DroppedTurns, admission.Prepare(wanted, turn.Id), StartsAtOnce: true, stored);
            epoch.Hold(turn.Id);
            var result = new AcceptResult(AcceptStatus.Refused, null);
            try
            {
                result = await turns.AcceptAsync(request, time.GetUtcNow(), cancellationToken);
            }
            finally
            {
                if (result.Status != AcceptStatus.Accepted)
                {
                    epoch.LetGo(turn.Id);
                }
            }

            if (result.Reserved is { } reserved)
            {
                admission.Check(caller, reserved);
            }

            switch (result.Status)
            {
                case AcceptStatus.Accepted:
                    thread = thread with { Thread = thread.Thread with { Version = thread.Thread.Version + 1, DroppedTurns = fit.DroppedTurns } };
                    return new IntakeResult(
                        AcceptStatus.Accepted, result.Turn!, model, new PreparedTurn(thread, fit, prompt), result.Reserved is null ? null : admission.Rate(caller, result.Reserved));
                case AcceptStatus.Stale when attempt < MaxAttempts:
                    continue;
                case AcceptStatus.NoThread:
                    threads.Forget(threadId);
                    throw ThreadProblems.NoThread(threadId);
                default:
                    return new IntakeResult(result.Status, result.Turn ?? turn, model);
            }
        }
    }

    /// <summary>The thread of a turn that was accepted by an earlier server; null when there is none.</summary>
    public async ValueTask<PreparedTurn?> PrepareAsync(Turn turn, CancellationToken cancellationToken)
    {
        var prompt = await turns.ReadPromptAsync(turn.Id, cancellationToken) is { } stored ? PromptJson.Read(stored) : null;
        return await threads.GetAsync(turn.ThreadId, isFresh: true, cancellationToken) is { } thread
            ? new PreparedTurn(thread, context.Fit(thread, turn.Text, prompt), prompt)
            : null;
    }

    /// <summary>The thread as a conversation, without a new message.</summary>
    public async ValueTask<Conversation?> ReadAsync(string threadId, CancellationToken cancellationToken) =>
        await threads.GetAsync(threadId, isFresh: true, cancellationToken) is { } thread ? thread.ToConversation(Math.Min(thread.Thread.DroppedTurns, thread.Turns.Count)) : null;

    /// <summary>A turn has ended: what it left is history now.</summary>
    public void Ended(PreparedTurn? prepared, Turn turn, StoredMessage? answer, bool isStored)
    {
        if (prepared is null || !isStored)
        {
            threads.Forget(turn.ThreadId);
            return;
        }

        // The end counts the version on by one; were it more, the next turn finds this copy old.
        var (thread, said) = (prepared.Thread.Thread, prepared.Thread.Turns);
        var question = new StoredMessage(
            turn.UserMessageId, turn.ThreadId, turn.Id, "user", turn.Text, "complete", null, null, null, null, null, null, null, time.GetUtcNow());
        threads.Keep(new HotThread(
            thread with { Version = thread.Version + 1 },
            answer is null ? said : [.. said, HistoryTurn.Of([question, answer], prepared.Prompt)]));
    }
}
