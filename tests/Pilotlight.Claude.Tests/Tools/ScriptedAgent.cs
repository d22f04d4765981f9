using System.Text.Json;
using Pilotlight.Simulator;

namespace Pilotlight.Claude.Tests.Tools;

/// <summary>What a model says whose subagents are asked beside it, so that no order of requests can be foretold.</summary>
internal static class ScriptedAgent
{
    /// <summary>Requests that match get the first of these when no tool has returned yet, the second when one has, and so on.</summary>
    public static void Says(this SimulatorServer simulator, Func<RecordedRequest, bool> match, params Scenario[] steps)
    {
        foreach (var (count, step) in steps.Index())
        {
            simulator.When(request => match(request) && Results(request) == count, step);
        }
    }

    /// <summary>Whether it brings the report of a task that went on in the background.</summary>
    public static bool BringsReport(RecordedRequest request) =>
        request.Messages is [.., var last] && last.Content.GetRawText().Contains("task-notification", StringComparison.Ordinal);

    private static int Results(RecordedRequest request) => request.Messages
        .Where(message => message.Content.ValueKind == JsonValueKind.Array)
        .SelectMany(message => message.Content.EnumerateArray())
        .Count(block => block.TryGetProperty("type", out var type) && type.GetString() == "tool_result");
}
