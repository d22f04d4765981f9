using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Claude.Chat;

/// <summary>The CLI as an <see cref="IChatClient"/>.</summary>
/// <remarks>
/// Safe for concurrent use. A call with <see cref="ChatOptions.ConversationId"/> goes on in that conversation's own process
/// when it is alive; one without begins a conversation that ends with it. Earlier messages are replayed as they are,
/// never flattened into one prompt. Throws <see cref="ClaudeException"/> when a turn fails, and
/// <see cref="NotSupportedException"/> for what the CLI has no counterpart for.
/// </remarks>
internal sealed class ClaudeChatClient(IClaudeConversations conversations, IOptions<ClaudeOptions> options) : IChatClient
{
    private readonly ChatClientMetadata _metadata = new("anthropic", null, options.Value.Model);

    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = ChatRequest.From(messages, options);
        var messageId = Guid.NewGuid().ToString("N");
        var sent = 0;
        try
        {
            await foreach (var turnEvent in conversations.RunTurnAsync(request.Conversation, request.Content, cancellationToken))
            {
                switch (turnEvent)
                {
                    case TextDelta delta:
                        sent += delta.Text.Length;
                        yield return Update(new TextContent(delta.Text));
                        break;
                    case ThinkingDelta thinking:
                        yield return Update(new TextReasoningContent(thinking.Text));
                        break;
                    case TextReset when sent > 0:
                        // The abstraction has no way to take back what was streamed; half an answer twice would be told as success.
                        throw new ClaudeException(new TurnError(
                            TurnErrorKind.Api, "The API broke off in the middle of the answer and began anew. Ask again."));
                    case TurnCompleted completed:
                        yield return End(completed);
                        break;
                    case TurnFailed failed:
                        throw new ClaudeException(failed.Error);
                    case TurnCancelled:
                        cancellationToken.ThrowIfCancellationRequested();
                        throw new OperationCanceledException("The turn was stopped.");
                }
            }
        }
        finally
        {
            if (request.IsSingleUse)
            {
                await conversations.ForgetAsync(request.Conversation.Id);
            }
        }

        ChatResponseUpdate Update(AIContent content) => new(ChatRole.Assistant, [content])
        {
            MessageId = messageId,
            ResponseId = messageId,
            ConversationId = request.IsSingleUse ? null : request.Conversation.Id,
        };

        ChatResponseUpdate End(TurnCompleted completed)
        {
            var update = Update(new UsageContent(new UsageDetails
            {
                InputTokenCount = completed.Usage.InputTokens + completed.Usage.CacheReadTokens + completed.Usage.CacheWriteTokens,
                OutputTokenCount = completed.Usage.OutputTokens,
                TotalTokenCount = completed.Usage.ContextTokens,
                CachedInputTokenCount = completed.Usage.CacheReadTokens,
            }));
            update.ModelId = completed.Model;
            update.FinishReason = completed.StopReason switch
            {
                "max_tokens" => ChatFinishReason.Length,
                "refusal" => ChatFinishReason.ContentFilter,
                _ => ChatFinishReason.Stop,
            };
            return update;
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
}
