using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>What was said in a thread.</summary>
/// <param name="UpTo">The thread, with as much of it as is meant.</param>
/// <param name="IsWhole">Whether that is all of it.</param>
internal sealed record SaidBefore(HotThread UpTo, bool IsWhole);

/// <summary>Begins threads with what was said in another, up to one of its turns. Safe for concurrent use.</summary>
internal sealed class ThreadForks(HotThreads hot, IThreadStore threads, ITurnStore turns, ThreadNews news, TimeProvider time)
{
    /// <summary>What was said in a thread up to one of its turns, that one included when it left something that is told again; null for all of it.</summary>
    /// <exception cref="ProblemException">There is no such thread for this caller.</exception>
    public async Task<SaidBefore> ReadAsync(Caller caller, string threadId, string? lastTurnId, CancellationToken cancellationToken)
    {
        if (await hot.GetAsync(threadId, isFresh: true, cancellationToken) is not { } thread || !thread.Thread.IsVisibleTo(caller))
        {
            throw ThreadProblems.NoThread(threadId);
        }

        if (lastTurnId is null)
        {
            return new SaidBefore(thread, IsWhole: true);
        }

        // Ids sort by time: of a turn that left nothing it is what was said before it.
        var last = thread.Turns.ToList().FindIndex(turn => turn.Id == lastTurnId);
        HistoryTurn[] upTo = [.. last >= 0 ? thread.Turns.Take(last + 1) : thread.Turns.TakeWhile(turn => string.CompareOrdinal(turn.Id, lastTurnId) < 0)];
        return upTo.Length == thread.Turns.Count ? new SaidBefore(thread, IsWhole: true) : new SaidBefore(thread with { Turns = upTo }, IsWhole: false);
    }

    /// <summary>Begins a thread with what was said up to a message: an answer included, a question not, so that it can be asked in other words.</summary>
    /// <exception cref="ProblemException">There is no such thread for this caller, or no such message in it.</exception>
    public async Task<ChatThread> ForkAtAsync(Caller caller, string threadId, string messageId, CancellationToken cancellationToken)
    {
        var whole = await ReadAsync(caller, threadId, null, cancellationToken);
        if (await threads.FindMessageAsync(threadId, messageId, cancellationToken) is not { } message)
        {
            throw TurnProblems.NoMessage(messageId);
        }

        // Ids sort by time.
        var upTo = message.Role == "user"
            ? whole.UpTo with { Turns = [.. whole.UpTo.Turns.TakeWhile(turn => string.CompareOrdinal(turn.Id, message.TurnId) < 0)] }
            : (await ReadAsync(caller, threadId, message.TurnId, cancellationToken)).UpTo;
        return (await ForkAsync(caller, upTo, null, cancellationToken)).Thread;
    }

    /// <summary>Makes a thread that begins with what was said in this one.</summary>
    public async Task<HotThread> ForkAsync(Caller caller, HotThread upTo, string? id, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var fork = upTo.Thread with { Id = id ?? Ids.New("thr"), Owner = caller.KeyId, Revision = 0, Version = 0, CreatedAt = now, UpdatedAt = now, DroppedTurns = 0 };
        await threads.CreateAsync(fork, cancellationToken);
        await turns.CopyAsync(
            fork.Id, caller.KeyId, [.. upTo.Turns.Select(turn => new CopiedTurn(turn.Id, Ids.New("trn"), Ids.New("msg"), Ids.New("msg")))], cancellationToken);
        news.TellChanged(fork.Id);
        return upTo with { Thread = fork };
    }
}
