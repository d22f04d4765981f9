using Pilotlight.Core.Steps;

namespace Pilotlight.Core.Turns;

/// <summary>What is left of a turn that ended without its process: its server ended in the middle of it, or it was cancelled while it waited.</summary>
public static class InterruptedTurn
{
    /// <summary>The text that its events add up to, what its tools did, and where its process came from.</summary>
    public static (string Text, IReadOnlyList<MessageStep> Steps, string? Acquire) Read(IEnumerable<(string Type, string Data)> events)
    {
        // What was too large to keep was left out when it was stored.
        var story = TurnStory.Read(events, int.MaxValue);
        return (story.Text, story.Steps, story.Acquire);
    }

    /// <summary>Its last event.</summary>
    public static StoredEvent End(long id) => new(id, TurnEventJson.Failed, TurnEventJson.Problem(TurnProblems.Interrupted));

    /// <summary>The last event of one that was cancelled.</summary>
    public static StoredEvent Cancelled(long id) => new(id, TurnEventJson.Cancelled, "{}");
}
