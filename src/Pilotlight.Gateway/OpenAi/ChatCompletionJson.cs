using System.Text.Json;
using System.Text.Json.Serialization;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Gateway.OpenAi;

/// <summary>A whole answer.</summary>
internal sealed record ChatCompletion(string Id, string Object, long Created, string Model, ChatCompletionChoice[] Choices, ChatCompletionUsage Usage);

internal sealed record ChatCompletionChoice(
    int Index,
    ChatCompletionMessage Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] object? Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);

internal sealed record ChatCompletionMessage(
    string Role,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Content,
    ChatToolCall[]? ToolCalls,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Refusal = null,
    string? ReasoningContent = null);

/// <summary>A call of a function; the index is told in streams alone.</summary>
internal sealed record ChatToolCall(int? Index, string Id, string Type, ChatFunctionCall Function);

internal sealed record ChatFunctionCall(string Name, string Arguments);

/// <summary>A piece of a streamed answer.</summary>
internal sealed record ChatCompletionChunk(string Id, string Object, long Created, string Model, ChatCompletionChunkChoice[] Choices, ChatCompletionUsage? Usage);

internal sealed record ChatCompletionChunkChoice(
    int Index, ChatCompletionDelta Delta, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? FinishReason);

internal sealed record ChatCompletionDelta(string? Role = null, string? Content = null, ChatToolCall[]? ToolCalls = null, string? ReasoningContent = null);

internal sealed record ChatCompletionUsage(long PromptTokens, long CompletionTokens, long TotalTokens, PromptTokensDetails PromptTokensDetails)
{
    public static ChatCompletionUsage Of(TurnUsage usage)
    {
        var prompt = usage.InputTokens + usage.CacheReadTokens + usage.CacheWriteTokens;
        return new ChatCompletionUsage(prompt, usage.OutputTokens, prompt + usage.OutputTokens, new PromptTokensDetails(usage.CacheReadTokens));
    }
}

internal sealed record PromptTokensDetails(long CachedTokens);

internal sealed record ModelList(string Object, ModelItem[] Data);

internal sealed record ModelItem(string Id, string Object, long Created, string OwnedBy);

internal sealed record OpenAiErrorBody(OpenAiError Error);

internal sealed record OpenAiError(
    string Message,
    string Type,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Param,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Code);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(ChatCompletionChunk))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(OpenAiErrorBody))]
internal sealed partial class OpenAiJson : JsonSerializerContext;
