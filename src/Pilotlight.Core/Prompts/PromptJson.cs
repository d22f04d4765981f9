using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Core.Prompts;

/// <summary>Prompts and calls as they are stored.</summary>
internal static class PromptJson
{
    public static string Write(Prompt prompt) => JsonSerializer.Serialize(
        new StoredPrompt(
            prompt.Api,
            [.. prompt.Content.Select(ToStored)],
            prompt.Told.Count == 0 ? null : [.. prompt.Told.Select(ToStored)],
            prompt.Functions.Count == 0 ? null : [.. prompt.Functions.Select(function => new StoredFunction(function.Name, function.Description, function.JsonSchema))],
            prompt.OutputSchema,
            prompt.Effort,
            prompt.ThinkingSummaries,
            prompt.Model,
            prompt.Instructions,
            prompt.MaxTokens,
            prompt.Parameters,
            prompt.IsUnattended ? true : null,
            prompt.Echo,
            prompt.Request,
            prompt.MaxCostUsd),
        PromptJsonContext.Default.StoredPrompt);

    public static Prompt Read(string json)
    {
        var stored = JsonSerializer.Deserialize(json, PromptJsonContext.Default.StoredPrompt) ?? throw new JsonException("A stored prompt is null.");
        return new Prompt
        {
            Api = stored.Api,
            Content = [.. stored.Content.Select(ToPart)],
            Told = [.. (stored.Told ?? []).Select(ToMessage)],
            Functions = [.. (stored.Functions ?? []).Select(function => AIFunctionFactory.CreateDeclaration(function.Name, function.Description, function.Schema))],
            OutputSchema = stored.OutputSchema,
            Effort = stored.Effort,
            ThinkingSummaries = stored.ThinkingSummaries,
            Model = stored.Model,
            Instructions = stored.Instructions,
            MaxTokens = stored.MaxTokens,
            Parameters = stored.Parameters,
            IsUnattended = stored.IsUnattended == true,
            Echo = stored.Echo,
            Request = stored.Request,
            MaxCostUsd = stored.MaxCostUsd,
        };
    }

    public static string WriteCalls(IEnumerable<HistoryToolCall> calls) =>
        JsonSerializer.Serialize([.. calls.Select(ToStored)], PromptJsonContext.Default.StoredCallArray);

    public static IReadOnlyList<HistoryToolCall> ReadCalls(string json) =>
        [.. (JsonSerializer.Deserialize(json, PromptJsonContext.Default.StoredCallArray) ?? []).Select(ToCall)];

    private static StoredPart ToStored(UserContent part) => part switch
    {
        UserText text => new StoredPart("text") { Text = text.Text },
        UserImage image => new StoredPart("image") { MediaType = image.MediaType, Data = image.Data.ToArray(), Title = image.Name },
        UserImageAddress image => new StoredPart("image") { Address = image.Address },
        UserDocument document => new StoredPart("document") { MediaType = document.MediaType, Data = document.Data.ToArray(), Title = document.Title },
        UserDocumentAddress document => new StoredPart("document") { Address = document.Address, Title = document.Title },
        UserToolResult result => new StoredPart("result")
        {
            CallId = result.ToolUseId,
            Text = result.Text,
            IsError = result.IsError ? true : null,
            Parts = result.Content is { } more ? [.. more.Select(ToStored)] : null,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(part), part.GetType().Name, "This content cannot be stored."),
    };

    private static UserContent ToPart(StoredPart part) => part switch
    {
        { Type: "text" } => new UserText(part.Text ?? ""),
        { Type: "image", Address: { } address } => new UserImageAddress(address),
        { Type: "image" } => new UserImage(part.MediaType ?? "", part.Data) { Name = part.Title },
        { Type: "document", Address: { } address } => new UserDocumentAddress(address, part.Title),
        { Type: "document" } => new UserDocument(part.MediaType ?? "", part.Data, part.Title),
        { Type: "result" } => new UserToolResult(part.CallId ?? "", part.Text ?? "", part.IsError == true)
        {
            Content = part.Parts is { } more ? [.. more.Select(ToPart)] : null,
        },
        _ => throw new JsonException($"A stored prompt has a part of the type '{part.Type}', which this version does not know."),
    };

    private static StoredTold ToStored(HistoryMessage message) => new(
        message.Role == HistoryRole.User,
        message.Text,
        message.Content is { } parts ? [.. parts.Select(ToStored)] : null,
        message.Calls is { } calls ? [.. calls.Select(ToStored)] : null);

    private static HistoryMessage ToMessage(StoredTold told) => new(told.IsUser ? HistoryRole.User : HistoryRole.Assistant, told.Text)
    {
        Content = told.Parts is { } parts ? [.. parts.Select(ToPart)] : null,
        Calls = told.Calls is { } calls ? [.. calls.Select(ToCall)] : null,
    };

    private static StoredCall ToStored(HistoryToolCall call) => new(call.ToolUseId, call.Name, call.Input);

    private static HistoryToolCall ToCall(StoredCall call) => new(call.Id, call.Name, call.Input);
}

internal sealed record StoredPrompt(
    string Api,
    StoredPart[] Content,
    StoredTold[]? Told,
    StoredFunction[]? Functions,
    JsonElement? OutputSchema,
    Effort? Effort,
    bool? ThinkingSummaries,
    string? Model,
    string? Instructions,
    int? MaxTokens,
    CallParameters? Parameters,
    bool? IsUnattended,
    JsonElement? Echo,
    string? Request,
    decimal? MaxCostUsd);

internal sealed record StoredPart(string Type)
{
    public string? Text { get; init; }
    public string? MediaType { get; init; }
    public byte[]? Data { get; init; }
    public Uri? Address { get; init; }
    public string? Title { get; init; }
    public string? CallId { get; init; }
    public bool? IsError { get; init; }
    public StoredPart[]? Parts { get; init; }
}

internal sealed record StoredTold(bool IsUser, string Text, StoredPart[]? Parts, StoredCall[]? Calls);

internal sealed record StoredFunction(string Name, string? Description, JsonElement Schema);

internal sealed record StoredCall(string Id, string Name, JsonElement Input);

// A body that was read may be nested 64 deep, and stands further in here.
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, MaxDepth = 128, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(StoredPrompt))]
[JsonSerializable(typeof(StoredCall[]))]
internal sealed partial class PromptJsonContext : JsonSerializerContext;
