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
        UserImage image => Media("image", Bytes(image.MediaType, image.Data)),
        UserImageAddress image => Media("image", new JsonObject { ["type"] = "url", ["url"] = image.Address.AbsoluteUri }),
        UserDocument document => Media("document", Bytes(document.MediaType, document.Data)),
        UserToolResult result => new JsonObject
        {
            ["type"] = "tool_result",
            ["tool_use_id"] = result.ToolUseId,
            ["content"] = result.Text,
            ["is_error"] = result.IsError,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(content), content.GetType().Name, "Only text, images, documents and results of tools can be sent."),
    };

    private static JsonObject Media(string type, JsonObject source) => new() { ["type"] = type, ["source"] = source };

    private static JsonObject Bytes(string mediaType, ReadOnlyMemory<byte> data) => new()
    {
        ["type"] = "base64",
        ["media_type"] = mediaType,
        ["data"] = Convert.ToBase64String(data.Span),
    };
}
