using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Claude.Chat;

/// <summary>The CLI as an <see cref="IChatClient"/>.</summary>
/// <remarks>
/// Safe for concurrent use; calls of one conversation run one after the other. A call with
/// <see cref="ChatOptions.ConversationId"/> goes on in that conversation's own process when it is alive, and from this
/// host's memory of it when it is not; one without begins a conversation that ends with it. Earlier messages are replayed as
/// they are, never flattened into one prompt. Throws <see cref="ClaudeException"/> when a turn fails,
/// <see cref="ArgumentException"/> for messages that cannot be answered, and <see cref="NotSupportedException"/> for what the
/// CLI has no counterpart for.
/// </remarks>
internal sealed class ClaudeChatClient(IClaudeConversations conversations, ClaudeOptions options, int maxRemembered, Func<bool> setsOnWire) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new(
        "anthropic", Uri.TryCreate(options.BaseUrl, UriKind.Absolute, out var address) ? address : null, options.Model);

    private readonly ConversationMemory _memory = new(maxRemembered);

    /// <remarks>An answer that the API breaks off and begins anew is whole all the same: what came before is dropped.</remarks>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var updates = new List<ChatResponseUpdate>();
        await foreach (var (turnEvent, update) in RunAsync(messages, options, cancellationToken))
        {
            if (update is not null)
            {
                updates.Add(update);
            }
            else if (turnEvent is TextReset)
            {
                updates.RemoveAll(sent => sent.RawRepresentation is TextDelta);
            }
        }

        var response = updates.ToChatResponse();
        response.AdditionalProperties = updates[^1].AdditionalProperties;
        return response;
    }

    /// <remarks>
    /// What was streamed cannot be taken back: when the API breaks off in the middle of the answer and begins anew, this throws
    /// rather than let half an answer stand before a whole one.
    /// </remarks>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var sent = false;
        await foreach (var (turnEvent, update) in RunAsync(messages, options, cancellationToken))
        {
            if (update is not null)
            {
                sent |= turnEvent is TextDelta;
                yield return update;
            }
            else if (turnEvent is TextReset && sent)
            {
                throw new ClaudeException(new TurnError(
                    TurnErrorKind.Api, "The API broke off in the middle of the answer and began anew. Ask again, or ask without streaming."));
            }
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType == typeof(ChatClientMetadata) ? _metadata
        : serviceType == typeof(IClaudeConversations) ? conversations
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    public void Dispose()
    {
        // The sessions belong to the host.
    }

    private async IAsyncEnumerable<(TurnEvent Event, ChatResponseUpdate? Update)> RunAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = ChatRequest.From(messages, options, setsOnWire());
        var entry = request.IsSingleUse ? null : _memory.Enter(request.Conversation.Id);
        await (entry?.WaitAsync(cancellationToken) ?? Task.CompletedTask);
        try
        {
            var conversation = entry is null || request.BringsHistory
                ? request.Conversation
                : request.Conversation with { History = entry.History };
            var updates = new TurnUpdates(request);
            await foreach (var turnEvent in conversations.RunTurnAsync(conversation, request.Content, cancellationToken))
            {
                switch (turnEvent)
                {
                    case TextReset:
                        yield return (turnEvent, null);
                        break;
                    case TurnCompleted or TurnAwaitsTools or TurnAwaitsApproval when entry is not null:
                        entry.History = [.. conversation.History, .. updates.Said(turnEvent)];
                        break;
                    case TurnFailed failed:
                        throw new ClaudeException(failed.Error);
                    case TurnCancelled:
                        cancellationToken.ThrowIfCancellationRequested();
                        throw new OperationCanceledException("The turn was stopped.");
                }

                foreach (var update in updates.From(turnEvent))
                {
                    yield return (turnEvent, update);
                }
            }
        }
        finally
        {
            entry?.Leave();
            if (request.IsSingleUse)
            {
                await conversations.ForgetAsync(request.Conversation.Id, CancellationToken.None);
            }
        }
    }
}
