using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Claude.Chat;

/// <summary>A chat call as the conversation and the turn that it asks for.</summary>
internal sealed record ChatRequest(Conversation Conversation, IReadOnlyList<UserContent> Content, bool IsSingleUse)
{
    public static ChatRequest From(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        Refuse(options);
        var all = messages.ToList();
        var system = string.Join(
            "\n\n",
            all.Where(message => message.Role == ChatRole.System).Select(message => message.Text)
                .Prepend(options?.Instructions).Where(text => !string.IsNullOrWhiteSpace(text)));
        var spoken = all.Where(message => message.Role != ChatRole.System).ToList();
        if (spoken is not [.., var last] || last.Role != ChatRole.User)
        {
            throw new ArgumentException("The last message must be the user's: it is what the model is to answer.", nameof(messages));
        }

        var conversation = new Conversation
        {
            Id = options?.ConversationId ?? "call-" + Guid.NewGuid().ToString("N"),
            Model = options?.ModelId,
            SystemPrompt = system.Length > 0 ? system : null,
            History = [.. spoken.SkipLast(1).Select(Earlier)],
        };
        return new ChatRequest(conversation, [.. last.Contents.Select(UserPart)], options?.ConversationId is null);
    }

    private static HistoryMessage Earlier(ChatMessage message)
    {
        var tools = message.Contents.OfType<FunctionCallContent>().Select(call => call.Name).ToArray();
        return message.Role == ChatRole.Assistant
            ? new HistoryMessage(HistoryRole.Assistant, message.Text, tools)
            : new HistoryMessage(HistoryRole.User, message.Role == ChatRole.User ? message.Text : "");
    }

    private static UserContent UserPart(AIContent content) => content switch
    {
        TextContent text => new UserText(text.Text),
        DataContent data when data.HasTopLevelMediaType("image") => new UserImage(data.MediaType, data.Data),
        _ => throw new NotSupportedException($"A user message with {content.GetType().Name} cannot be sent; only text and images can."),
    };

    // Better no answer than one that ignored what was asked for.
    private static void Refuse(ChatOptions? options)
    {
        if (options?.Tools is { Count: > 0 })
        {
            throw new NotSupportedException("ChatOptions.Tools is not supported yet; configure tools by a profile under Pilotlight:Claude:Profiles.");
        }

        if (options?.ResponseFormat is ChatResponseFormatJson)
        {
            throw new NotSupportedException("ChatOptions.ResponseFormat with JSON is not supported yet; ask for JSON in the message.");
        }
    }
}
