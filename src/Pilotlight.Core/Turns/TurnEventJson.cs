using System.Text.Json;
using System.Text.Json.Serialization;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>The events of a turn as the contract words them.</summary>
internal static class TurnEventJson
{
    public const string Started = "turn.started";
    public const string TextDelta = "text.delta";
    public const string TextReset = "text.reset";
    public const string ThinkingDelta = "thinking.delta";
    public const string ToolStarted = "tool.started";
    public const string ToolFinished = "tool.finished";
    public const string TaskUpdated = "task.updated";
    public const string Retrying = "retrying";
    public const string Completed = "turn.completed";
    public const string Failed = "turn.failed";
    public const string Cancelled = "turn.cancelled";
    public const string Truncated = "context.truncated";

    /// <summary>Whether the event ends its turn.</summary>
    public static bool IsLast(string type) => type is Completed or Failed or Cancelled;

    /// <summary>Where a turn's process came from, of the event that tells its beginning; null of any other.</summary>
    public static string? SourceOf(StoredEvent stored)
    {
        if (stored.Type != Started)
        {
            return null;
        }

        using var data = JsonDocument.Parse(stored.Data);
        return data.RootElement.TryGetProperty("acquire", out var acquire) && acquire.TryGetProperty("source", out var source) ? source.GetString() : null;
    }

    /// <summary>Name and JSON of an event.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="turnEvent">What happened.</param>
    /// <param name="simulated">Whether the answer is of the simulator.</param>
    /// <param name="now">The time, from which a wait is told as a point in time; null where nothing waits.</param>
    /// <param name="wait">Where the wait for the first token went; null where that is not told.</param>
    public static (string Type, string Data) Write(Turn turn, TurnEvent turnEvent, bool simulated, DateTimeOffset? now = null, FirstTokenWait? wait = null) => turnEvent switch
    {
        TurnStarted started => (Started, Json(
            new StartedData(turn.Id, turn.AnswerMessageId, new AcquireData(Name(started.Source), Milliseconds(started.Acquire)), simulated ? true : null),
            TurnJsonContext.Default.StartedData)),
        Claude.Turns.TextDelta delta => Text(delta.Text),
        Claude.Turns.TextReset => (TextReset, "{}"),
        Claude.Turns.ThinkingDelta thinking => (ThinkingDelta, Json(new TextData(thinking.Text), TurnJsonContext.Default.TextData)),
        Claude.Turns.ToolStarted tool => (ToolStarted, Json(new ToolStartedData(tool.ToolUseId, tool.Name, tool.Input), TurnJsonContext.Default.ToolStartedData)),
        Claude.Turns.ToolFinished tool => (ToolFinished, Json(new ToolFinishedData(tool.ToolUseId, tool.IsError, tool.Summary, tool.Result == tool.Summary ? null : tool.Result), TurnJsonContext.Default.ToolFinishedData)),
        Claude.Turns.TaskUpdated task => (TaskUpdated, Json(TaskUpdatedData.Of(task), TurnJsonContext.Default.TaskUpdatedData)),
        TurnRetrying retry => (Retrying, Json(
            new RetryingData(retry.Attempt, retry.MaxAttempts, Milliseconds(retry.Delay), retry.Status), TurnJsonContext.Default.RetryingData)),
        TurnCompleted completed => (Completed, Json(
            new CompletedData(
                turn.AnswerMessageId,
                completed.Model,
                completed.Usage,
                completed.CostUsd,
                completed.TimeToFirstToken is { } first ? Milliseconds(first) : null,
                Milliseconds(completed.Duration),
                completed.StopReason,
                wait),
            TurnJsonContext.Default.CompletedData)),
        TurnFailed failed => (Failed, Problem(TurnProblems.From(failed.Error), now)),
        TurnCancelled => (Cancelled, "{}"),
        _ => throw new ArgumentOutOfRangeException(nameof(turnEvent), turnEvent.GetType().Name, "This event has no name in the contract."),
    };

    /// <summary>A <c>text.delta</c>.</summary>
    public static (string Type, string Data) Text(string text) =>
        (TextDelta, Json(new TextData(text), TurnJsonContext.Default.TextData));

    /// <summary>A <c>context.truncated</c>.</summary>
    public static (string Type, string Data) Truncation(int droppedTurns) =>
        (Truncated, Json(new TruncatedData(droppedTurns), TurnJsonContext.Default.TruncatedData));

    /// <summary>The payload of a <c>turn.failed</c>; the HTTP edge adds the status that fits.</summary>
    public static string Problem(Problem problem, DateTimeOffset? now = null) => Json(
        new FailedData(new ProblemData(problem.Type, problem.Title, problem.Detail, problem.UpstreamStatus, now + problem.RetryAfter)), TurnJsonContext.Default.FailedData);

    /// <summary>The text of a <c>text.delta</c>.</summary>
    public static string ReadText(string data) => JsonSerializer.Deserialize(data, TurnJsonContext.Default.TextData)?.Text ?? "";

    public static string Name(AcquireSource source) => source switch
    {
        AcquireSource.Hot => "hot",
        AcquireSource.Warm => "warm",
        _ => "cold",
    };

    public static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);

    private static string Json<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type);
}

internal sealed record AcquireData(string Source, double Ms);

internal sealed record StartedData(string TurnId, string MessageId, AcquireData Acquire, bool? Simulated);

internal sealed record TextData(string Text);

internal sealed record TruncatedData(int DroppedTurns);

internal sealed record ToolStartedData(string Id, string Name, JsonElement Input);

internal sealed record ToolFinishedData(string Id, bool IsError, string? Summary, string? Result);

/// <summary>A <c>task.updated</c>: what is left out is as it was told before.</summary>
internal sealed record TaskUpdatedData(
    string TaskId, string? Status, string? Kind, string? ToolUseId, string? Agent, string? Description, bool? Background, string? Summary, string? LastTool, string? ParentTaskId, long? Tokens,
    int? ToolUses, double? DurationMs)
{
    public static TaskUpdatedData Of(TaskUpdated task) => new(
        task.TaskId, task.Status, task.Kind, task.ToolUseId, task.Agent, task.Description, task.IsBackground, task.Summary, task.LastTool, task.ParentTaskId, task.Tokens, task.ToolUses,
        task.Duration is { } duration ? TurnEventJson.Milliseconds(duration) : null);
}

internal sealed record RetryingData(int Attempt, int MaxAttempts, double DelayMs, int? Status);

internal sealed record CompletedData(
    string MessageId, string Model, TurnUsage Usage, decimal? CostUsd, double? TtftMs, double DurationMs, string? StopReason, FirstTokenWait? FirstToken);

internal sealed record ProblemData(string Type, string Title, string Detail, int? UpstreamStatus, DateTimeOffset? RetryAt);

internal sealed record FailedData(ProblemData Problem);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StartedData))]
[JsonSerializable(typeof(TextData))]
[JsonSerializable(typeof(TruncatedData))]
[JsonSerializable(typeof(ToolStartedData))]
[JsonSerializable(typeof(ToolFinishedData))]
[JsonSerializable(typeof(TaskUpdatedData))]
[JsonSerializable(typeof(RetryingData))]
[JsonSerializable(typeof(CompletedData))]
[JsonSerializable(typeof(FailedData))]
internal sealed partial class TurnJsonContext : JsonSerializerContext;
