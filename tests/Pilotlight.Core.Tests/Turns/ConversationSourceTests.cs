using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Turns;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>A turn of a conversation takes all with it that the engine gives its calls.</summary>
public sealed class ConversationSourceTests
{
    [Fact]
    public async Task Who_listens_counts_and_traces_is_the_engines_and_what_is_set_is_the_conversations()
    {
        var conversations = new SeenConversation();
        var listener = new Listener();
        var parameters = new CallParameters { Temperature = 0.5 };
        var source = new ConversationSource(conversations, new Conversation { Id = "c", Calls = new WireTurn { Parameters = parameters } }, [new UserText("hi")]);
        var calls = new WireTurn { Observer = listener, Afterwards = listener, Budget = listener };

        await foreach (var turnEvent in source.RunAsync(calls, TestContext.Current.CancellationToken))
        {
            Assert.IsType<TurnCancelled>(turnEvent);
        }

        Assert.Equal(calls with { Parameters = parameters }, conversations.Seen!.Calls);
    }

    private sealed class Listener : ICallObserver, ICallBudget
    {
        public ValueTask<CallAllowance> AskAsync(CallInfo info, CancellationToken cancellationToken) => new(CallAllowance.Unbounded);

        public void Settle(CallInfo info, CallUsage usage)
        {
        }
    }

    private sealed class SeenConversation : IClaudeConversations
    {
        public Conversation? Seen { get; private set; }

        public async IAsyncEnumerable<TurnEvent> RunTurnAsync(
            Conversation conversation,
            IReadOnlyList<UserContent> content,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Seen = conversation;
            await Task.Yield();
            yield return new TurnCancelled("", TurnUsage.None, null);
        }

        public Task WarmAsync(Conversation conversation, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<FileRewind> RewindFilesAsync(string conversationId, Guid checkpoint, bool isTrial, CancellationToken cancellationToken) => throw new NotSupportedException();

        public IReadOnlyDictionary<string, int> CountHot() => throw new NotSupportedException();

        public IReadOnlyList<HotConversation> ListHot() => throw new NotSupportedException();

        public Task EndAllAsync() => Task.CompletedTask;

        public ValueTask ForgetAsync(string conversationId, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
