using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Tools;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Responses;

/// <summary>Tells a story from the stored events of its turn. One instance a reading.</summary>
internal sealed class ResponseReading(ResponseFrame frame, Prompt? prompt)
{
    private readonly HashSet<string> _functions = [.. (prompt?.Functions ?? []).Select(function => function.Name)];

    /// <summary>The response so far.</summary>
    public ResponseStory Story { get; } = new(frame);

    /// <summary>Why it failed; null when it has not.</summary>
    public Problem? Failure { get; private set; }

    /// <summary>What the event is to the response's stream.</summary>
    public IReadOnlyList<ResponseEvent> Tell(StoredEvent stored)
    {
        switch (stored.Type)
        {
            case TurnEventJson.TextDelta when TurnEventJson.ReadText(stored.Data) is { Length: > 0 } text:
                return Story.Text(text);
            case TurnEventJson.ThinkingDelta when TurnEventJson.ReadText(stored.Data) is { Length: > 0 } thought:
                return Story.Thinking(thought);
            case TurnEventJson.TextReset:
                Story.Reset();
                return [];
            case TurnEventJson.ToolStarted:
                var call = JsonSerializer.Deserialize(stored.Data, TurnJsonContext.Default.ToolStartedData)!;
                var name = FunctionNames.Unqualify(call.Name);
                return FunctionNames.IsFunction(call.Name) && _functions.Contains(name) ? Story.Call(new HistoryToolCall(call.Id, name, call.Input)) : [];
            case TurnEventJson.Completed:
                var end = JsonSerializer.Deserialize(stored.Data, TurnJsonContext.Default.CompletedData)!;
                return Story.Complete(end.Model, end.StopReason, end.Usage);
            case TurnEventJson.Failed:
                Failure = ProblemOf(stored.Data);
                var row = ProblemTable.Of(Failure.Kind);
                return Story.Fail(row.Status is < 500 ? row.OpenAiCode : "server_error", Failure.Detail);
            case TurnEventJson.Cancelled:
                return Story.Cancel();
            default:
                return [];
        }
    }

    private static Problem ProblemOf(string data)
    {
        var told = JsonSerializer.Deserialize(data, TurnJsonContext.Default.FailedData)!.Problem;
        var kind = told.Type.StartsWith(Problem.TypePrefix, StringComparison.Ordinal) ? told.Type[Problem.TypePrefix.Length..] : told.Type;
        return new Problem(kind, told.Title, told.Detail) { UpstreamStatus = told.UpstreamStatus };
    }
}
