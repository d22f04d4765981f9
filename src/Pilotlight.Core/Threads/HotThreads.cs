using System.Globalization;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Steps;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Core.Threads;

/// <summary>One stored question with its answer.</summary>
/// <param name="Messages">The messages, the question first.</param>
/// <param name="ContextTokens">The tokens in the context at its end as the API counted them; null when it did not, or counted several requests together.</param>
internal sealed record HistoryTurn(IReadOnlyList<HistoryMessage> Messages, long? ContextTokens)
{
    /// <summary>The turn.</summary>
    public string Id { get; init; } = "";

    /// <summary>What it asked beyond the text; null where the text is all.</summary>
    public Prompt? Prompt { get; init; }

    /// <summary>Its answer as it is stored; null where nothing is known of it.</summary>
    public StoredMessage? Answer { get; init; }

    /// <summary>The ids of the calls of the agent's own tools in it.</summary>
    public IEnumerable<string> OwnCalls => Answer?.Steps?.SelectMany(step => step.Calls).Select(call => call.Id) ?? [];

    /// <summary>Whether it waits for the results of calls.</summary>
    public bool Awaits => Messages is [.., { Calls.Count: > 0 }];

    /// <summary>All text of a message that is sent, what its calls are called with included.</summary>
    public static string WordsOf(HistoryMessage message) => message.Calls is { Count: > 0 } calls
        ? string.Join('\n', calls.Select(call => call.Input.GetRawText()).Prepend(message.Text)) : message.Text;

    public static HistoryTurn Of(IReadOnlyList<StoredMessage> messages) =>
        Of(messages, messages[0].Prompt is { } json ? PromptJson.Read(json) : null);

    public static HistoryTurn Of(IReadOnlyList<StoredMessage> messages, Prompt? prompt)
    {
        // With tools a turn is several requests, whose tokens come as one sum: that says nothing about the context.
        var answer = messages[^1];
        var context = answer is { Status: "complete", Tools: null, Usage: { ContextTokens: > 0 } usage } ? usage.ContextTokens : (long?)null;
        return new HistoryTurn([.. prompt?.Told ?? [], .. messages.SelectMany(message => MessagesOf(message, prompt))], context)
        {
            Id = answer.TurnId,
            Prompt = prompt,
            Answer = answer,
        };
    }

    private static IEnumerable<HistoryMessage> MessagesOf(StoredMessage message, Prompt? prompt) =>
        message.Steps is { Count: > 0 } steps ? StepReplay.Messages(steps, message.Text) : [Message(message, prompt)];

    private static HistoryMessage Message(StoredMessage message, Prompt? prompt) => message.Role == "user"
        ? new HistoryMessage(HistoryRole.User, prompt is null ? message.Text : Prompt.WordsOf(prompt.Content)) { Content = prompt?.Content }
        : new HistoryMessage(HistoryRole.Assistant, message.Text, message.Tools) { Calls = message.Calls is { } calls ? PromptJson.ReadCalls(calls) : null };
}

/// <summary>A thread with what was said in it, as of one version.</summary>
internal sealed record HotThread(ChatThread Thread, IReadOnlyList<HistoryTurn> Turns)
{
    /// <summary>About what it takes in memory.</summary>
    public long Size { get; } = Turns.Sum(turn => turn.Messages.Sum(message => HistoryTurn.WordsOf(message).Length + 100L + Prompt.SizeOf(message.Content ?? [])))
        + (Thread.SystemPrompt?.Length ?? 0) + 200;

    /// <summary>The calls that wait for their results.</summary>
    public IReadOnlyList<HistoryToolCall> Awaited => Turns is [.., { Awaits: true } last] ? last.Messages[^1].Calls! : [];

    // The API takes calls only where there are tools at all, whichever.
    private HashSet<string> OwnCalls => Thread.Profile is { Length: > 0 } profile && !profile.Equals(ClaudeOptions.ChatProfile, StringComparison.OrdinalIgnoreCase)
        ? [.. Turns.SelectMany(turn => turn.OwnCalls)] : [];

    /// <summary>It, as the conversation that the adapter carries on, and what is said in it now.</summary>
    public (Conversation Conversation, IReadOnlyList<UserContent> Content) ToConversation(int droppedTurns, string text, Prompt? prompt)
    {
        var (history, content) = FunctionHistory.Tell(
            Turns.Skip(droppedTurns).SelectMany(turn => turn.Messages).Concat(prompt?.Told ?? []), prompt?.Content ?? [new UserText(text)], prompt?.Functions ?? [], OwnCalls);
        return (WithoutHistory() with
        {
            Model = prompt?.Model ?? Thread.Model,
            SystemPrompt = prompt?.Instructions is { } instructions && Thread.SystemPrompt is { } own ? $"{own}\n\n{instructions}" : prompt?.Instructions ?? Thread.SystemPrompt,
            History = history,
            HistoryMark = Mark(droppedTurns, prompt),
            Tools = prompt?.Functions ?? [],
            OutputSchema = prompt?.OutputSchema,
            Effort = prompt?.Effort,
            ThinkingSummaries = prompt?.ThinkingSummaries,
            MaxCostUsd = prompt?.MaxCostUsd,
            Calls = new WireTurn { Parameters = prompt?.Parameters ?? CallParameters.None },
        }, content);
    }

    /// <summary>It, as the conversation that the adapter carries on, with nothing said now.</summary>
    public Conversation ToConversation(int droppedTurns) => WithoutHistory() with
    {
        History = FunctionHistory.Tell(Turns.Skip(droppedTurns).SelectMany(turn => turn.Messages), [], [], OwnCalls).History,
        HistoryMark = Mark(droppedTurns, null, isSaid: false),
    };

    private Conversation WithoutHistory() => new()
    {
        Id = Thread.Id,
        Model = Thread.Model,
        SystemPrompt = Thread.SystemPrompt,
        Profile = Thread.Profile,
        LastTurnId = Turns is [.., var last] ? last.Id : null,
    };

    // A live process has not heard what a caller brings along, and one that waits for results takes nothing else: both change the mark.
    private string Mark(int droppedTurns, Prompt? now, bool isSaid = true)
    {
        var (unheard, awaits) = (0, false);
        foreach (var turn in Turns)
        {
            unheard += Unheard(turn.Prompt, awaits);
            awaits = turn.Awaits;
        }

        unheard += isSaid ? Unheard(now, awaits) : 0;
        var mark = string.Create(CultureInfo.InvariantCulture, $"{Thread.Revision}.{droppedTurns}");
        return unheard == 0 ? mark : string.Create(CultureInfo.InvariantCulture, $"{mark}.{unheard}");
    }

    private static int Unheard(Prompt? prompt, bool awaits) => (prompt?.Told.Count ?? 0) + (awaits && prompt?.AnswersCalls != true ? 1 : 0);
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
