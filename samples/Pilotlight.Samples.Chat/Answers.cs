using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Samples.Chat;

/// <summary>What the page sends.</summary>
/// <param name="Conversation">A name that nobody can guess: whoever has it goes on with the conversation. Give users that sign in names of your own.</param>
/// <param name="Text">What the user said.</param>
public sealed record Question(string Conversation, string Text);

/// <summary>Answers as events for a page: <c>text</c> as it comes, then one <c>end</c> or <c>fault</c>.</summary>
public sealed class Answers(IChatClient chat)
{
    /// <summary>Asks, and yields the answer as it comes. A page that leaves stops it.</summary>
    public async IAsyncEnumerable<SseItem<string>> StreamAsync(Question question, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The conversation keeps its process: its next question waits for the model alone.
        var options = new ChatOptions { ConversationId = question.Conversation };
        await using var updates = chat.GetStreamingResponseAsync(question.Text, options, cancellationToken).GetAsyncEnumerator(cancellationToken);
        SseItem<string> item;
        do
        {
            item = await NextAsync(updates);
            yield return item;
        }
        while (item.EventType == "text");
    }

    private static async ValueTask<SseItem<string>> NextAsync(IAsyncEnumerator<ChatResponseUpdate> updates)
    {
        try
        {
            return await updates.MoveNextAsync() ? new(updates.Current.Text, "text") : new("", "end");
        }
        catch (ClaudeException fault)
        {
            return new(fault.Message, "fault");
        }
    }
}
