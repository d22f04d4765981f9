using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Core.Turns;

/// <summary>Where a turn's events come from.</summary>
internal interface ITurnSource
{
    /// <summary>What happens, the end last. Never throws for what goes wrong on the way: that is an end too.</summary>
    /// <param name="calls">Budget, listeners and span of the calls to the API that it makes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    IAsyncEnumerable<TurnEvent> RunAsync(WireTurn calls, CancellationToken cancellationToken);
}

/// <summary>A turn of a conversation on a process of the CLI's.</summary>
/// <param name="conversations">Runs it.</param>
/// <param name="conversation">The conversation, with the history to replay if no live process holds it.</param>
/// <param name="content">What the user says now.</param>
internal sealed class ConversationSource(IClaudeConversations conversations, Conversation conversation, IReadOnlyList<UserContent> content) : ITurnSource
{
    public IAsyncEnumerable<TurnEvent> RunAsync(WireTurn calls, CancellationToken cancellationToken) => conversations.RunTurnAsync(
        conversation with { Calls = calls with { Parameters = conversation.Calls.Parameters } }, content, cancellationToken);
}

/// <summary>A turn that may not go on.</summary>
/// <param name="error">Why.</param>
internal sealed class RefusedSource(TurnError error) : ITurnSource
{
    public IAsyncEnumerable<TurnEvent> RunAsync(WireTurn calls, CancellationToken cancellationToken) =>
        AsyncEnumerable.Repeat<TurnEvent>(new TurnFailed(error, "", TurnUsage.None, null), 1);
}
