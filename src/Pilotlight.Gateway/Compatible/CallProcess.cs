using Pilotlight.Claude.Conversations;

namespace Pilotlight.Gateway.Compatible;

/// <summary>What becomes of a call's process: it waits for the call that brings the same history and what was answered, or ends.</summary>
internal sealed class CallProcess(
    string conversation, CompatibleRequest request, Func<IEnumerable<CompatibleMessage>, string> fingerprint, ConversationIndex hot, IClaudeConversations conversations)
{
    /// <summary>The conversation that it holds.</summary>
    public string Conversation => conversation;

    /// <summary>Keeps it for the call that goes on from this answer, and says as what it waits.</summary>
    public async ValueTask KeepAsync(CompatibleMessage answer, HeldTurn? waiting)
    {
        var all = request.History.Append(new CompatibleMessage(HistoryRole.User, request.Content)).Append(answer);
        if (hot.Put(fingerprint(all), new HotSession(conversation, waiting)) is { } twin)
        {
            await conversations.ForgetAsync(twin, CancellationToken.None);
        }
    }

    /// <summary>Ends it.</summary>
    public ValueTask ForgetAsync() => conversations.ForgetAsync(conversation, CancellationToken.None);
}
