using System.Globalization;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Threads;

namespace Pilotlight.Gateway.Turns;

/// <summary>A stored thread as the conversation that the adapter carries on.</summary>
internal static class ThreadConversation
{
    public static async Task<Conversation> LoadAsync(IThreadStore threads, ChatThread thread, CancellationToken cancellationToken)
    {
        var messages = await threads.ReadHistoryAsync(thread.Id, cancellationToken);
        return new Conversation
        {
            Id = thread.Id,
            Model = thread.Model,
            SystemPrompt = thread.SystemPrompt,
            Profile = thread.Profile,
            History = [.. messages.Select(message => new HistoryMessage(
                message.Role == "user" ? HistoryRole.User : HistoryRole.Assistant, message.Text, message.Tools))],
            HistoryMark = thread.Revision.ToString(CultureInfo.InvariantCulture),
        };
    }
}
