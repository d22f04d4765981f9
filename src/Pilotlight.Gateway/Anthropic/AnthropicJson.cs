using System.Text.Json;
using System.Text.Json.Serialization;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Gateway.Anthropic;

/// <summary>A whole answer, or its frame at the start of a stream.</summary>
internal sealed record AnthropicMessage(
    string Id,
    string Type,
    string Role,
    string Model,
    AnthropicBlock[] Content,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? StopReason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? StopSequence,
    AnthropicUsage Usage);

/// <summary>Text, thinking, a call of a tool, or more of one of them.</summary>
internal sealed record AnthropicBlock(
    string Type,
    string? Text = null,
    string? Id = null,
    string? Name = null,
    JsonElement? Input = null,
    string? PartialJson = null,
    string? Thinking = null,
    string? Signature = null);

internal sealed record AnthropicUsage(long InputTokens, long CacheCreationInputTokens, long CacheReadInputTokens, long OutputTokens)
{
    public static AnthropicUsage Of(TurnUsage usage) => new(usage.InputTokens, usage.CacheWriteTokens, usage.CacheReadTokens, usage.OutputTokens);
}

internal sealed record MessageStart(string Type, AnthropicMessage Message);

internal sealed record BlockStart(string Type, int Index, AnthropicBlock ContentBlock);

internal sealed record BlockDelta(string Type, int Index, AnthropicBlock Delta);

internal sealed record BlockStop(string Type, int Index);

internal sealed record MessageDelta(string Type, MessageDeltaBody Delta, AnthropicUsage Usage);

internal sealed record MessageDeltaBody(string? StopReason, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? StopSequence);

internal sealed record BareEvent(string Type);

internal sealed record TokenCount(long InputTokens);

internal sealed record AnthropicModel(string Id, string Type, string DisplayName, string CreatedAt);

internal sealed record AnthropicModelList(AnthropicModel[] Data, bool HasMore, string? FirstId, string? LastId);

internal sealed record AnthropicErrorBody(string Type, AnthropicError Error);

internal sealed record AnthropicError(string Type, string Message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AnthropicMessage))]
[JsonSerializable(typeof(MessageStart))]
[JsonSerializable(typeof(BlockStart))]
[JsonSerializable(typeof(BlockDelta))]
[JsonSerializable(typeof(BlockStop))]
[JsonSerializable(typeof(MessageDelta))]
[JsonSerializable(typeof(BareEvent))]
[JsonSerializable(typeof(TokenCount))]
[JsonSerializable(typeof(AnthropicModelList))]
[JsonSerializable(typeof(AnthropicErrorBody))]
internal sealed partial class AnthropicJson : JsonSerializerContext;
