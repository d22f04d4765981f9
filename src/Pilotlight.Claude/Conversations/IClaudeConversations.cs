using Pilotlight.Claude.Turns;

namespace Pilotlight.Claude.Conversations;

/// <summary>Runs turns of conversations on live CLI processes.</summary>
/// <remarks>Safe for concurrent use. Turns of one conversation run one after the other; those of different ones side by side.</remarks>
public interface IClaudeConversations
{
    /// <summary>Runs one turn and yields what happens in it; the last event is its end.</summary>
    /// <remarks>
    /// Never throws for what goes wrong with the CLI or the API: that is a <see cref="TurnFailed"/>. Cancelling
    /// <paramref name="cancellationToken"/> interrupts the model, and the turn ends with <see cref="TurnCancelled"/>.
    /// </remarks>
    /// <param name="conversation">The conversation, with the history to replay if no live process holds it.</param>
    /// <param name="content">What the user says now.</param>
    /// <param name="cancellationToken">Interrupts the turn.</param>
    IAsyncEnumerable<TurnEvent> RunTurnAsync(
        Conversation conversation,
        IReadOnlyList<UserContent> content,
        CancellationToken cancellationToken);

    /// <summary>Makes a process ready for the conversation's next turn, its history replayed; returns when it is.</summary>
    /// <remarks>Does nothing when a live process already holds the conversation. Throws <see cref="ClaudeException"/> when none can be had.</remarks>
    Task WarmAsync(Conversation conversation, CancellationToken cancellationToken);

    /// <summary>Says that a new conversation is about to begin: a process is kept parked for it, ready before it is asked for.</summary>
    /// <remarks>
    /// For clients that have just connected, of whom nothing else is known. Returns at once; who does not come is forgotten after a minute. An implementation without a pool
    /// need not do anything.
    /// </remarks>
    /// <param name="profile">The agent's profile; null for plain chat.</param>
    /// <exception cref="ClaudeException">There is no such profile, or no CLI.</exception>
    void Expect(string? profile = null)
    {
    }

    /// <summary>Brings files back to what they were when a turn began, as far as the CLI's own tools changed them: what a shell changed stays.</summary>
    /// <remarks>
    /// For profiles with <see cref="AgentProfileOptions.Checkpoints"/>, from turns that had a <see cref="Conversation.Checkpoint"/>, for as long as the conversation's process lives.
    /// Waits for a turn that runs. The conversation itself is not changed: the model is not told.
    /// </remarks>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="checkpoint">The checkpoint of the turn.</param>
    /// <param name="isTrial">Whether only to say what would be changed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ClaudeException">There is no such checkpoint any more.</exception>
    Task<FileRewind> RewindFilesAsync(string conversationId, Guid checkpoint, bool isTrial = false, CancellationToken cancellationToken = default);

    /// <summary>How many conversations hold a live process between or in turns, by the name of the pool's profile.</summary>
    IReadOnlyDictionary<string, int> CountHot();

    /// <summary>Which conversations hold a live process now.</summary>
    IReadOnlyList<HotConversation> ListHot();

    /// <summary>Ends the conversation's live process, if it has one: after a delete, or when its history was edited.</summary>
    /// <remarks>
    /// Returns when the process has ended. One in a turn is not waited for, so that this can be called in the middle of the turn
    /// itself: it ends with its turn, and the next one begins on another.
    /// </remarks>
    /// <param name="conversationId">The conversation.</param>
    /// <param name="cancellationToken">Ends the wait, not the end itself.</param>
    ValueTask ForgetAsync(string conversationId, CancellationToken cancellationToken = default);

    /// <summary>Ends the live processes of all conversations at once, those in a turn included: when their turns are no longer this server's.</summary>
    /// <remarks>Unlike at a stop nothing is waited for politely. Parked processes, which nobody has spoken to, stay.</remarks>
    Task EndAllAsync();
}

/// <summary>A conversation that holds a live process.</summary>
/// <param name="ConversationId">The conversation.</param>
/// <param name="Profile">The name of the pool's profile that the process is of.</param>
/// <param name="ProcessId">The process.</param>
/// <param name="IsBusy">Whether it is in a turn, or being made ready for one.</param>
public sealed record HotConversation(string ConversationId, string Profile, int ProcessId, bool IsBusy);

/// <summary>What a rewind brings back.</summary>
/// <param name="Files">The files, by their full paths; told of a trial alone.</param>
/// <param name="Insertions">Lines that come back; told of a trial alone.</param>
/// <param name="Deletions">Lines that go; told of a trial alone.</param>
/// <param name="SkippedLinks">Files that were left as they are, since a link had taken their place.</param>
public sealed record FileRewind(IReadOnlyList<string> Files, int Insertions, int Deletions, int SkippedLinks);
