using Pilotlight.Claude.Conversations;

namespace Pilotlight.Core.Turns;

/// <summary>What a turn is to do.</summary>
/// <param name="Api">Which API it came by, for the figures.</param>
/// <param name="Model">The model that is asked for.</param>
/// <param name="Conversation">The conversation, with the history to replay if no live process holds it.</param>
/// <param name="Content">What the user says now.</param>
internal sealed record TurnWork(string Api, string Model, Conversation Conversation, IReadOnlyList<UserContent> Content)
{
    /// <summary>The stored turn's id, for its span; null where nothing is stored.</summary>
    public string? TurnId { get; init; }
}
