using System.Text.Json;
using Microsoft.Extensions.AI;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Claude.Tools;

/// <summary>What a function returned, as MCP content: text, images as images, and objects as JSON.</summary>
internal static class FunctionResults
{
    public static CallToolResult From(object? value, JsonSerializerOptions json) => new() { Content = [.. Blocks(value, json)] };

    /// <summary>What a caller answered. A process takes text and images; other parts are replayed, and are no business of a live call.</summary>
    public static CallToolResult From(UserToolResult result) => new()
    {
        IsError = result.IsError,
        Content = [.. (result.Content ?? [new UserText(result.Text)]).Select(part => part switch
        {
            UserText text => new TextContentBlock { Text = text.Text },
            UserImage image => new DataContent(image.Data, image.MediaType).ToContentBlock(AIJsonUtilities.DefaultOptions),
            _ => throw new ArgumentOutOfRangeException(nameof(result), part.GetType().Name, "A live call is answered with text and images."),
        })],
    };

    public static CallToolResult Error(string message) =>
        new() { IsError = true, Content = [new TextContentBlock { Text = message }] };

    private static IEnumerable<ContentBlock> Blocks(object? value, JsonSerializerOptions json) => value switch
    {
        null => [],
        string text => [new TextContentBlock { Text = text }],
        AIContent content => [content.ToContentBlock(json)],
        IEnumerable<AIContent> contents => contents.Select(content => content.ToContentBlock(json)),
        _ => [new TextContentBlock { Text = Text(value, json) }],
    };

    /// <summary>A result as the text that the model reads.</summary>
    public static string Text(object? value, JsonSerializerOptions json) => value switch
    {
        null => "",
        string text => text,
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        JsonElement element => JsonSerializer.Serialize(element, ToolJson.Terse.JsonElement),
        _ => JsonSerializer.Serialize(JsonSerializer.SerializeToElement(value, json.GetTypeInfo(value.GetType())), ToolJson.Terse.JsonElement),
    };
}
