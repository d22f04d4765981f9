using System.Text;
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
        UserImageAddress image => Media("image", At(image.Address)),
        UserDocument document => Media("document", document.MediaType == "text/plain" ? PlainText(document) : Bytes(document.MediaType, document.Data), document.Title),
        UserDocumentAddress document => Media("document", At(document.Address), document.Title),
        UserToolResult result => new JsonObject
        {
            ["type"] = "tool_result",
            ["tool_use_id"] = result.ToolUseId,
            ["content"] = result.Content is { } parts ? From(parts) : result.Text,
            ["is_error"] = result.IsError,
        },
        _ => throw new ArgumentOutOfRangeException(nameof(content), content.GetType().Name, "Only text, images, documents and results of tools can be sent."),
    };

    private static JsonObject Media(string type, JsonObject source, string? title = null)
    {
        var block = new JsonObject { ["type"] = type, ["source"] = source };
        if (title is not null)
        {
            block["title"] = title;
        }

        return block;
    }

    private static JsonObject At(Uri address) => new() { ["type"] = "url", ["url"] = address.AbsoluteUri };

    private static JsonObject PlainText(UserDocument document) => new()
    {
        ["type"] = "text",
        ["media_type"] = document.MediaType,
        ["data"] = Encoding.UTF8.GetString(document.Data.Span),
    };

    private static JsonObject Bytes(string mediaType, ReadOnlyMemory<byte> data) => new()
    {
        ["type"] = "base64",
        ["media_type"] = mediaType,
        ["data"] = Convert.ToBase64String(data.Span),
    };
}
