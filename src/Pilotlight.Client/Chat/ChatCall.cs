using Microsoft.Extensions.AI;

namespace Pilotlight.Client.Chat;

/// <summary>A chat call as the gateway takes it.</summary>
/// <param name="Text">What the user says; empty when a turn is only followed.</param>
/// <param name="SystemPrompt">The system prompt that the call asks for; null for none.</param>
internal sealed record ChatCall(string Text, string? SystemPrompt)
{
    public static ChatCall From(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        Refuse(options);
        var all = messages.ToList();
        var system = string.Join(
            "\n\n",
            all.Where(message => message.Role == ChatRole.System).Select(message => message.Text)
                .Prepend(options?.Instructions).Where(text => !string.IsNullOrWhiteSpace(text)));
        return new ChatCall(options?.ContinuationToken is null ? Said(all, options) : "", system.Length > 0 ? system : null);
    }

    // The conversation is the gateway's: what stands before the last answer is stored there already.
    private static string Said(List<ChatMessage> all, ChatOptions? options)
    {
        var spoken = all.Where(message => message.Role != ChatRole.System).ToList();
        var answered = spoken.FindLastIndex(message => message.Role != ChatRole.User) + 1;
        if (answered > 0 && options?.ConversationId is null)
        {
            throw new NotSupportedException(
                "The messages hold earlier answers, but ChatOptions.ConversationId names no thread. The gateway keeps the conversation: "
                + "pass the last response's ConversationId, and the new messages alone.");
        }

        var text = string.Join("\n\n", spoken.Skip(answered).SelectMany(message => message.Contents).Select(Part).Where(part => part.Length > 0));
        return !string.IsNullOrWhiteSpace(text)
            ? text
            : throw new ArgumentException("The messages end without one of the user's: it is what the model is to answer.");
    }

    private static string Part(AIContent content) => content is TextContent text ? text.Text : throw new NotSupportedException(
        $"A user message with {content.GetType().Name} cannot be sent: a turn of the gateway takes text.");

    private static void Refuse(ChatOptions? options)
    {
        if (options?.Tools is { Count: > 0 } && options.ToolMode is not NoneChatToolMode)
        {
            throw new NotSupportedException(
                "ChatOptions.Tools cannot be offered: a durable turn runs the tools of its thread's profile on the gateway. For functions of your program take Pilotlight.Claude, or the gateway's /v1 APIs.");
        }

        if (options?.ResponseFormat is ChatResponseFormatJson)
        {
            throw new NotSupportedException("ChatOptions.ResponseFormat cannot be JSON: a turn of the gateway answers in text. Ask for JSON in the message, or take the gateway's /v1 APIs.");
        }

        if (options?.StopSequences is { Count: > 0 })
        {
            throw new NotSupportedException("ChatOptions.StopSequences is not supported. Cut the answer where it comes.");
        }
    }
}
