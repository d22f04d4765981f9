using System.Text;
using System.Text.Json;
using Pilotlight.Core.Steps;

namespace Pilotlight.Core.Turns;

/// <summary>What the stored events of a turn add up to.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Steps">What its tools did.</param>
/// <param name="Acquire">Where its process came from; null when it had none.</param>
internal sealed record TurnStory(string Text, IReadOnlyList<MessageStep> Steps, string? Acquire)
{
    public static TurnStory Read(IEnumerable<(string Type, string Data)> events, int mostOfTool)
    {
        var text = new StringBuilder();
        var steps = new StepRecorder(mostOfTool);
        string? acquire = null;
        foreach (var (type, data) in events)
        {
            switch (type)
            {
                case TurnEventJson.Started:
                    acquire = JsonSerializer.Deserialize(data, TurnJsonContext.Default.StartedData)?.Acquire.Source;
                    break;
                case TurnEventJson.TextDelta:
                    var said = TurnEventJson.ReadText(data);
                    text.Append(said);
                    steps.Say(said);
                    break;
                case TurnEventJson.TextReset:
                    text.Clear();
                    steps.Reset();
                    break;
                case TurnEventJson.ToolStarted when JsonSerializer.Deserialize(data, TurnJsonContext.Default.ToolStartedData) is { } call:
                    steps.Call(call.Id, call.Name, call.Input);
                    break;
                case TurnEventJson.ToolFinished when JsonSerializer.Deserialize(data, TurnJsonContext.Default.ToolFinishedData) is { } returned:
                    steps.Return(returned.Id, returned.IsError, returned.Result ?? returned.Summary);
                    break;
            }
        }

        return new TurnStory(text.ToString(), steps.Steps, acquire);
    }
}
