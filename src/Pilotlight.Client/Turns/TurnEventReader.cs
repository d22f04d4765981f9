using System.Text.Json;
using System.Text.Json.Serialization;
using Pilotlight.Client.Problems;

namespace Pilotlight.Client.Turns;

/// <summary>Reads an event's JSON.</summary>
internal static class TurnEventReader
{
    public static TurnEvent Read(string type, ReadOnlySpan<byte> data) => type switch
    {
        "turn.started" => JsonSerializer.Deserialize(data, TurnJsonContext.Default.TurnStarted)!,
        "text.delta" => JsonSerializer.Deserialize(data, TurnJsonContext.Default.TextDelta)!,
        "text.reset" => new TextReset(),
        "thinking.delta" => JsonSerializer.Deserialize(data, TurnJsonContext.Default.ThinkingDelta)!,
        "tool.started" when JsonSerializer.Deserialize(data, TurnJsonContext.Default.ToolStartedJson) is { } tool => new ToolStarted(tool.Id, tool.Name, tool.Input),
        "tool.finished" when JsonSerializer.Deserialize(data, TurnJsonContext.Default.ToolFinishedJson) is { } tool => new ToolFinished(tool.Id, tool.IsError, tool.Summary),
        "approval.requested" => JsonSerializer.Deserialize(data, TurnJsonContext.Default.ApprovalRequested)!,
        "approval.resolved" => JsonSerializer.Deserialize(data, TurnJsonContext.Default.ApprovalResolved)!,
        "question.asked" => JsonSerializer.Deserialize(data, TurnJsonContext.Default.QuestionAsked)!,
        "task.updated" => JsonSerializer.Deserialize(data, TurnJsonContext.Default.TaskUpdated)!,
        "retrying" => JsonSerializer.Deserialize(data, TurnJsonContext.Default.TurnRetrying)!,
        "context.truncated" => JsonSerializer.Deserialize(data, TurnJsonContext.Default.ContextTruncated)!,
        "turn.completed" => JsonSerializer.Deserialize(data, TurnJsonContext.Default.TurnCompleted)!,
        "turn.failed" when JsonSerializer.Deserialize(data, TurnJsonContext.Default.FailedJson) is { } failed => new TurnFailed(ProblemReader.From(failed.Problem)),
        "turn.cancelled" => new TurnCancelled(),
        _ => new OtherEvent(type, JsonSerializer.Deserialize(data, TurnJsonContext.Default.JsonElement)),
    };
}

internal sealed record ToolStartedJson(string Id, string Name, JsonElement Input);

internal sealed record ToolFinishedJson(string Id, bool IsError, string? Summary);

internal sealed record FailedJson(ProblemJson Problem);

internal sealed record NewTurnJson(string Text, NewAttachmentJson[]? Attachments)
{
    public static NewTurnJson Of(NewTurn turn) => new(
        turn.Text, turn.Attachments.Count == 0 ? null : [.. turn.Attachments.Select(file => file.FileId is { } id ? new NewAttachmentJson(null, null, null, id) : new NewAttachmentJson(file.MediaType, file.Name, file.Data, null))]);
}

internal sealed record NewAttachmentJson(string? MediaType, string? Name, ReadOnlyMemory<byte>? Data, string? FileId);

// The id is the stream's, not the data's.
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TurnStarted))]
[JsonSerializable(typeof(TextDelta))]
[JsonSerializable(typeof(ThinkingDelta))]
[JsonSerializable(typeof(ToolStartedJson))]
[JsonSerializable(typeof(ToolFinishedJson))]
[JsonSerializable(typeof(ApprovalRequested))]
[JsonSerializable(typeof(ApprovalResolved))]
[JsonSerializable(typeof(QuestionAsked))]
[JsonSerializable(typeof(TaskUpdated))]
[JsonSerializable(typeof(TurnRetrying))]
[JsonSerializable(typeof(ContextTruncated))]
[JsonSerializable(typeof(TurnCompleted))]
[JsonSerializable(typeof(FailedJson))]
[JsonSerializable(typeof(NewTurnJson))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class TurnJsonContext : JsonSerializerContext;
