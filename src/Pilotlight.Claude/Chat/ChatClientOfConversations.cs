using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Claude.Chat;

/// <summary>Views conversations as a chat client.</summary>
public static class ChatClientOfConversations
{
    /// <summary>
    /// The chat client that runs its turns on these conversations: what <c>AddClaudeCode</c> registers, for whoever decorates
    /// <see cref="IClaudeConversations"/>, or has a fake of it in a test.
    /// </summary>
    /// <remarks>Disposing it leaves the conversations alone.</remarks>
    /// <param name="conversations">Runs the turns.</param>
    /// <param name="options">Model and address to name in the client's metadata. Default: those of new options.</param>
    /// <param name="maxRemembered">Named conversations whose words are remembered; see <see cref="ClaudeSessionOptions.MaxRemembered"/>.</param>
    public static IChatClient AsIChatClient(this IClaudeConversations conversations, ClaudeOptions? options = null, int maxRemembered = 1000) =>
        new ClaudeChatClient(conversations, options ?? new ClaudeOptions(), maxRemembered, static () => true);
}
