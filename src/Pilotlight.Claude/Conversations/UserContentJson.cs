using System.Text.Json.Nodes;

namespace Pilotlight.Claude.Conversations;

/// <summary>User content as the API's content blocks.</summary>
internal static class UserContentJson
{
    public static JsonNode From(IReadOnlyList<UserContent> content) =>
        content is [UserText only]
            ? JsonValue.Create(only.Text)
            : new JsonArray([.. content.Select(Block)]);

    private static JsonNode Block(UserContent content) => content switch
    {
        UserText text => new JsonObject { ["type"] = "text", ["text"] = text.Text },
        UserImage image => new JsonObject
        {
            ["type"] = "image",
            ["source"] = new JsonObject
            {
                ["type"] = "base64",
                ["media_type"] = image.MediaType,
                ["data"] = Convert.ToBase64String(image.Data.Span),
            },
        },
        UserToolResult result => new JsonObject
        {
            ["type"] = "tool_result",
            ["tool_use_id"] = result.ToolUseId,
            ["content"] = result.Text,
            ["is_error"] = result.IsError,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(content), content.GetType().Name, "Only text, images and results of tools can be sent."),
    };
}
