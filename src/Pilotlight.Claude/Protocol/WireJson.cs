using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pilotlight.Claude.Protocol;

/// <summary>
/// Every field that a line may carry and that we read. One flat record, because <c>type</c> is not always the first field.
/// What the CLI has been free with (strings here, objects there) stays a <see cref="JsonElement"/>, so that a field that
/// changes its shape costs us that field and not the line.
/// </summary>
internal sealed record WireLine
{
    public string? Type { get; init; }
    public string? Subtype { get; init; }
    public string? SessionId { get; init; }
    public JsonElement ParentToolUseId { get; init; }
    public string? RequestId { get; init; }
    public JsonElement Request { get; init; }
    public WireControlResponse? Response { get; init; }
    public WireStreamEvent? Event { get; init; }
    public WireApiMessage? Message { get; init; }
    public JsonElement Model { get; init; }
    public JsonElement ClaudeCodeVersion { get; init; }
    [JsonPropertyName("apiKeySource")]
    public JsonElement ApiKeySource { get; init; }
    public JsonElement Tools { get; init; }
    public JsonElement Capabilities { get; init; }
    public JsonElement Attempt { get; init; }
    public JsonElement MaxRetries { get; init; }
    public JsonElement RetryDelayMs { get; init; }
    public JsonElement ErrorStatus { get; init; }
    public JsonElement RateLimitInfo { get; init; }
    public JsonElement Error { get; init; }
    public JsonElement IsError { get; init; }
    public JsonElement Result { get; init; }
    public JsonElement Errors { get; init; }
    public JsonElement ApiErrorStatus { get; init; }
    public JsonElement TerminalReason { get; init; }
    public JsonElement StopReason { get; init; }
    public JsonElement NumTurns { get; init; }
    public JsonElement TotalCostUsd { get; init; }
    public JsonElement Usage { get; init; }
    [JsonPropertyName("modelUsage")]
    public JsonElement ModelUsage { get; init; }
    public JsonElement StructuredOutput { get; init; }
    public JsonElement Origin { get; init; }
    public JsonElement CommandUuid { get; init; }
    public JsonElement State { get; init; }
    public JsonElement TaskId { get; init; }
    public JsonElement TaskType { get; init; }
    public JsonElement ToolUseId { get; init; }
    public JsonElement SubagentType { get; init; }
    public JsonElement Description { get; init; }
    public JsonElement IsBackgrounded { get; init; }
    public JsonElement Summary { get; init; }
    public JsonElement LastToolName { get; init; }
    public JsonElement ParentTaskId { get; init; }
    public JsonElement Status { get; init; }
    public JsonElement Patch { get; init; }
    public JsonElement Ambient { get; init; }
}

internal sealed record WireControlResponse
{
    public string? Subtype { get; init; }
    public string? RequestId { get; init; }
    public JsonElement Response { get; init; }
    public JsonElement Error { get; init; }
}

internal sealed record WireStreamEvent
{
    public string? Type { get; init; }
    public WireDelta? Delta { get; init; }
    public WireApiMessage? Message { get; init; }
    public JsonElement Usage { get; init; }
}

internal sealed record WireDelta
{
    public string? Type { get; init; }
    public string? Text { get; init; }
    public string? Thinking { get; init; }
    public string? StopReason { get; init; }
}

internal sealed record WireApiMessage
{
    public string? Id { get; init; }
    public string? Model { get; init; }
    public JsonElement Content { get; init; }
    public JsonElement Usage { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WireLine))]
internal sealed partial class WireJsonContext : JsonSerializerContext;
