using Microsoft.AspNetCore.Http;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Problems;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.OpenAi;

namespace Pilotlight.Gateway.Responses;

/// <summary>A response of which nothing is kept: told as it comes, and gone with its connection. One instance a call.</summary>
internal sealed class StatelessAnswer(ResponseFrame frame, bool keepsThinking) : ICompatibleAnswer
{
    private readonly ResponseStory _story = new(frame, keepsThinking);

    public string Ping => ": ping\n\n";

    public string Start() => Frames(_story.Begin());

    public string Text(string text) => Frames(_story.Text(text));

    public string Thinking(ThinkingDelta delta) => Frames(
    [
        .. delta.Text.Length > 0 ? _story.Thinking(delta.Text) : [],
        .. delta.Block is { } block ? _story.Thought(block) : [],
    ]);

    public string Call(ToolStarted call) => Frames(_story.Call(new HistoryToolCall(call.ToolUseId, call.Name, call.Input)));

    public string End(TurnCompleted completed) => Frames(_story.Complete(completed.Model, completed.StopReason, completed.Usage));

    public string Fault(Problem problem)
    {
        var error = OpenAiErrors.From(problem).Error;
        return Frames(_story.Fail(error.Type == "server_error" ? "server_error" : error.Code ?? error.Type, error.Message));
    }

    public string WholeFault(Problem problem)
    {
        Fault(problem);
        return _story.Body.ToJsonString();
    }

    public Task WriteWholeAsync(HttpContext http, TurnCompleted completed, IReadOnlyList<ThinkingDelta> thinking, IReadOnlyList<ToolStarted> calls)
    {
        foreach (var delta in thinking)
        {
            Thinking(delta);
        }

        if (completed.Text.Length > 0)
        {
            _story.Text(completed.Text);
        }

        foreach (var call in calls)
        {
            Call(call);
        }

        End(completed);
        return ResponseWriter.WriteAsync(http, _story.Body);
    }

    private static string Frames(IEnumerable<ResponseEvent> events) => string.Concat(events.Select(told => told.Frame()));
}
