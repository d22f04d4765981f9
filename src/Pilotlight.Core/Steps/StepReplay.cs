using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Core.Steps;

/// <summary>Steps as the messages that a process is told.</summary>
internal static class StepReplay
{
    private const string Unfinished = "This call did not finish: nobody knows how far it came. Call it again if it is still wanted.";

    /// <summary>The messages of an answer.</summary>
    /// <param name="steps">Its steps.</param>
    /// <param name="text">All of its text, that of the steps included.</param>
    /// <param name="waiting">Whether a call gets no result yet; null for none.</param>
    public static IEnumerable<HistoryMessage> Messages(IReadOnlyList<MessageStep> steps, string text, Func<StepCall, bool>? waiting = null)
    {
        var told = 0;
        foreach (var step in steps)
        {
            told += step.Text.Length;
            yield return new HistoryMessage(HistoryRole.Assistant, step.Text) { Calls = [.. step.Calls.Select(call => new HistoryToolCall(call.Id, call.Name, InputOf(call)))] };
            UserContent[] results = [.. step.Calls.Where(call => waiting?.Invoke(call) != true).Select(ResultOf)];
            if (results.Length > 0)
            {
                yield return new HistoryMessage(HistoryRole.User, string.Join('\n', results.OfType<UserToolResult>().Select(result => result.Text))) { Content = results };
            }
        }

        if (told < text.Length)
        {
            yield return new HistoryMessage(HistoryRole.Assistant, text[told..]);
        }
    }

    /// <summary>What a call that has not returned is told to have.</summary>
    public static UserToolResult Lost(string callId) => new(callId, Unfinished, IsError: true);

    private static UserToolResult ResultOf(StepCall call)
    {
        var result = call.Result ?? "";
        return !call.HasReturned ? Lost(call.Id) : new UserToolResult(call.Id, call.LeftOut is { } left ? $"{result}\n[{left}]" : result, call.IsError);
    }

    private static JsonElement InputOf(StepCall call)
    {
        if (call.Input is { ValueKind: JsonValueKind.Object } input)
        {
            return input;
        }

        using var document = JsonDocument.Parse(new JsonObject { ["left_out"] = call.LeftOut ?? "the input" }.ToJsonString());
        return document.RootElement.Clone();
    }
}
