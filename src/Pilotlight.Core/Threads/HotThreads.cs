using System.Globalization;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Core.Threads;

/// <summary>One stored question with its answer.</summary>
/// <param name="Messages">The messages, the question first.</param>
/// <param name="ContextTokens">The tokens in the context at its end as the API counted them; null when it did not, or counted several requests together.</param>
internal sealed record HistoryTurn(IReadOnlyList<HistoryMessage> Messages, long? ContextTokens)
{
    public static HistoryTurn Of(IReadOnlyList<StoredMessage> messages)
    {
        // With tools a turn is several requests, whose tokens come as one sum: that says nothing about the context.
        var answer = messages[^1];
        var context = answer is { Status: "complete", Tools: null, Usage: { ContextTokens: > 0 } usage } ? usage.ContextTokens : (long?)null;
        return new HistoryTurn(
            [.. messages.Select(message => new HistoryMessage(message.Role == "user" ? HistoryRole.User : HistoryRole.Assistant, message.Text, message.Tools))],
            context);
    }
}

/// <summary>A thread with what was said in it, as of one version.</summary>
internal sealed record HotThread(ChatThread Thread, IReadOnlyList<HistoryTurn> Turns)
{
    /// <summary>About what it takes in memory.</summary>
    public long Size { get; } = Turns.Sum(turn => turn.Messages.Sum(message => message.Text.Length + 100L)) + (Thread.SystemPrompt?.Length ?? 0) + 200;

    /// <summary>It, as the conversation that the adapter carries on.</summary>
    public Conversation ToConversation(int droppedTurns) => new()
    {
        Id = Thread.Id,
        Model = Thread.Model,
        SystemPrompt = Thread.SystemPrompt,
        Profile = Thread.Profile,
        History = [.. Turns.Skip(droppedTurns).SelectMany(turn => turn.Messages)],
        HistoryMark = string.Create(CultureInfo.InvariantCulture, $"{Thread.Revision}.{droppedTurns}"),
    };
}

/// <summary>Threads in use, kept in memory so that a turn of one reads nothing.</summary>
/// <remarks>
/// A copy says which version it is of; a turn is only accepted on the version that is stored, so an old copy is found out, also
/// when another server made it old. The least used go first. Safe for concurrent use.
/// </remarks>
internal sealed class HotThreads(IThreadStore threads)
{
    private const long MaxSize = 32 * 1024 * 1024;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<HotThread>> _nodes = new(StringComparer.Ordinal);
    private readonly LinkedList<HotThread> _byUse = [];
    private long _size;

    /// <summary>The thread, read when it is not in memory or a fresh copy is asked for; null when there is none.</summary>
    public ValueTask<HotThread?> GetAsync(string threadId, bool isFresh, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!isFresh && _nodes.TryGetValue(threadId, out var node))
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
                return new(node.Value);
            }
        }

        return new(ReadAsync(threadId, cancellationToken));
    }

    /// <summary>Keeps a copy, in place of an older one.</summary>
    public void Keep(HotThread thread)
    {
        lock (_gate)
        {
            Drop(thread.Thread.Id);
            _nodes[thread.Thread.Id] = _byUse.AddFirst(thread);
            _size += thread.Size;
            while (_size > MaxSize && _byUse.Last is { } last && last != _byUse.First)
            {
                Drop(last.Value.Thread.Id);
            }
        }
    }

    public void Forget(string threadId)
    {
        lock (_gate)
        {
            Drop(threadId);
        }
    }

    // The version before the messages: what comes in between makes the copy old, not wrong.
    private async Task<HotThread?> ReadAsync(string threadId, CancellationToken cancellationToken)
    {
        if (await threads.FindAsync(threadId, cancellationToken) is not { } thread)
        {
            Forget(threadId);
            return null;
        }

        var messages = await threads.ReadHistoryAsync(threadId, cancellationToken);
        var turns = messages.GroupBy(message => message.TurnId, StringComparer.Ordinal).Select(turn => HistoryTurn.Of([.. turn]));
        var hot = new HotThread(thread, [.. turns]);
        Keep(hot);
        return hot;
    }

    private void Drop(string threadId)
    {
        if (_nodes.Remove(threadId, out var node))
        {
            _byUse.Remove(node);
            _size -= node.Value.Size;
        }
    }
}
