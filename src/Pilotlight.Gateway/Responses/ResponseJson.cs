using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Gateway.Responses;

/// <summary>One event of a response's stream; what an event of its type does not have is null, and left out.</summary>
internal sealed record ResponseEvent(string Type, int SequenceNumber)
{
    public JsonObject? Response { get; init; }
    public int? OutputIndex { get; init; }
    public string? ItemId { get; init; }
    public int? ContentIndex { get; init; }
    public int? SummaryIndex { get; init; }
    public OutputItem? Item { get; init; }
    public OutputPart? Part { get; init; }
    public string? Delta { get; init; }
    public string? Text { get; init; }
    public string? Arguments { get; init; }
    public string? Input { get; init; }
    public string? Name { get; init; }
    public object[]? Logprobs { get; init; }

    /// <summary>As a server-sent event.</summary>
    public string Frame() => $"event: {Type}\ndata: {JsonSerializer.Serialize(this, ResponseJsonContext.Default.ResponseEvent)}\n\n";
}

/// <summary>An item of a response's output: a message, a call or a summary of what was thought.</summary>
internal sealed record OutputItem(string Type, string Id)
{
    public string? Status { get; init; }
    public string? Role { get; init; }
    public IReadOnlyList<OutputPart>? Content { get; init; }
    public string? CallId { get; init; }
    public string? Name { get; init; }
    public string? Arguments { get; init; }
    public string? Input { get; init; }
    public IReadOnlyList<OutputPart>? Summary { get; init; }
    public string? EncryptedContent { get; init; }
}

/// <summary>A part of a message, or of a summary.</summary>
internal sealed record OutputPart(string Type, string Text)
{
    public object[]? Annotations { get; init; }
    public object[]? Logprobs { get; init; }

    public static OutputPart OfText(string text) => new("output_text", text) { Annotations = [], Logprobs = [] };

    public static OutputPart OfSummary(string text) => new("summary_text", text);
}

/// <summary>The tokens of a response in OpenAI's shape.</summary>
internal sealed record ResponseUsage(
    long InputTokens, InputTokensDetails InputTokensDetails, long OutputTokens, OutputTokensDetails OutputTokensDetails, long TotalTokens)
{
    public static ResponseUsage Of(TurnUsage usage)
    {
        var input = usage.InputTokens + usage.CacheReadTokens + usage.CacheWriteTokens;
        return new ResponseUsage(input, new InputTokensDetails(usage.CacheReadTokens), usage.OutputTokens, new OutputTokensDetails(0), input + usage.OutputTokens);
    }
}

internal sealed record InputTokensDetails(long CachedTokens);

internal sealed record OutputTokensDetails(long ReasoningTokens);

internal sealed record DeletedResponse(string Id, string Object, bool Deleted);

internal sealed record InputItemList(string Object, IReadOnlyList<JsonObject> Data, string? FirstId, string? LastId, bool HasMore);

// A request that was read may be nested 64 deep, and what is told of it again stands further in here.
[JsonSourceGenerationOptions(MaxDepth = 128, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ResponseEvent))]
[JsonSerializable(typeof(OutputItem))]
[JsonSerializable(typeof(ResponseUsage))]
[JsonSerializable(typeof(DeletedResponse))]
[JsonSerializable(typeof(InputItemList))]
internal sealed partial class ResponseJsonContext : JsonSerializerContext;
