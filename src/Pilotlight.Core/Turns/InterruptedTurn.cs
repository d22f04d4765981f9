using System.Text;
using System.Text.Json;
using Pilotlight.Core.Problems;

namespace Pilotlight.Core.Turns;

/// <summary>What is left of a turn whose server ended in the middle of it.</summary>
public static class InterruptedTurn
{
    /// <summary>The text that its events add up to, and where its process came from.</summary>
    public static (string Text, string? Acquire) Read(IEnumerable<(string Type, string Data)> events)
    {
        var text = new StringBuilder();
        string? acquire = null;
        foreach (var (type, data) in events)
        {
            switch (type)
            {
                case TurnEventJson.Started:
                    acquire = JsonSerializer.Deserialize(data, TurnJsonContext.Default.StartedData)?.Acquire.Source;
                    break;
                case TurnEventJson.TextDelta:
                    text.Append(TurnEventJson.ReadText(data));
                    break;
                case TurnEventJson.TextReset:
                    text.Clear();
                    break;
            }
        }

        return (text.ToString(), acquire);
    }

    /// <summary>Its last event.</summary>
    public static StoredEvent End(long id) => new(id, TurnEventJson.Failed, TurnEventJson.Problem(TurnProblems.Interrupted));
}
