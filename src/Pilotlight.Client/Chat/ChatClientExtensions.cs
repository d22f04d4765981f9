using Microsoft.Extensions.AI;
using Pilotlight.Client.Threads;

namespace Pilotlight.Client.Chat;

/// <summary>The gateway as an <see cref="IChatClient"/>.</summary>
public static class ChatClientExtensions
{
    /// <summary>The gateway's durable turns as an <see cref="IChatClient"/>, whose conversations are the gateway's threads.</summary>
    /// <remarks>
    /// A call without <see cref="ChatOptions.ConversationId"/> begins a thread, and every response names its thread there: pass it on, with the
    /// new messages alone. A connection that breaks is made again, and no word is lost. With <see cref="ChatOptions.AllowBackgroundResponses"/>
    /// a turn goes on without its caller: <see cref="IChatClient.GetResponseAsync"/> returns a continuation token as soon as it has begun, each
    /// poll with it waits up to <see cref="PilotlightClientOptions.PollWait"/>, and a stream goes on from the token of its last update, also in
    /// another program. Without it a turn stops when its caller does. A gateway ends a turn that nobody has followed for its
    /// <c>Relay:UnwatchedTimeout</c> (10 min): poll more often. Throws <see cref="Problems.PilotlightException"/> when a turn fails, and
    /// <see cref="NotSupportedException"/> for functions, JSON formats and stop sequences. Safe for concurrent use.
    /// </remarks>
    /// <param name="gateway">The gateway, which stays its maker's to dispose.</param>
    /// <param name="defaults">What new threads are like; null for the gateway's defaults.</param>
    public static IChatClient AsIChatClient(this PilotlightClient gateway, NewThread? defaults = null)
    {
        ArgumentNullException.ThrowIfNull(gateway);
        return new PilotlightChatClient(gateway, defaults ?? new NewThread());
    }
}
