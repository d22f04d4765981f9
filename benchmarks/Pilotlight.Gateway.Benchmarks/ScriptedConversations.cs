using System.Runtime.CompilerServices;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Gateway.Benchmarks;

/// <summary>An adapter that answers at once, so that all time is the gateway's.</summary>
internal sealed class ScriptedConversations : IClaudeConversations
{
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public const string Word = "word ";

    public async IAsyncEnumerable<TurnEvent> RunTurnAsync(
        Conversation conversation, IReadOnlyList<UserContent> content, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new TurnStarted(AcquireSource.Hot, TimeSpan.Zero);
        await Task.Yield();
        yield return new TextDelta(Word);
        await Task.Delay(Pause, CancellationToken.None);
        yield return new TurnCompleted(Word, "scripted", new TurnUsage(10, 1, 0, 0), 0.0001m, "end_turn", TimeSpan.Zero, Pause);
    }

    public Task WarmAsync(Conversation conversation, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<FileRewind> RewindFilesAsync(string conversationId, Guid checkpoint, bool isTrial, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public IReadOnlyDictionary<string, int> CountHot() => new Dictionary<string, int>();

    public IReadOnlyList<HotConversation> ListHot() => [];

    public Task EndAllAsync() => Task.CompletedTask;

    public ValueTask ForgetAsync(string conversationId, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
