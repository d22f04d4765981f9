using System.Text;
using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Anthropic;

/// <summary>Reads the blocks of a message's content.</summary>
internal static class MessagesContent
{
    /// <summary>What a user says: text, files and results of calls.</summary>
    public static IEnumerable<UserContent> UserParts(JsonElement item, string place)
    {
        var content = item.Get("content") ?? throw Fault(place + ".content", $"{place}.content is missing.");
        return content.ValueKind == JsonValueKind.String
            ? [new UserText(content.GetString()!)]
            : List(content, place + ".content").Select(block => Part(block.Item, block.Place));
    }

    /// <summary>The text of an answer, or of the system's. What the model thought, and what the API's own tools did, is not told again.</summary>
    public static string Words(JsonElement item, string place) => item.Get("content") switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { } blocks => string.Concat(List(blocks, place + ".content")
            .Where(block => block.Item.Text("type", block.Place + ".type") == "text").Select(block => block.Item.Text("text", block.Place + ".text"))),
    };

    /// <summary>What came of a call.</summary>
    public static UserToolResult Result(JsonElement block, string place)
    {
        UserContent[] parts = block.Get("content") switch
        {
            null => [],
            { ValueKind: JsonValueKind.String } text => [new UserText(text.GetString()!)],
            { } blocks => [.. List(blocks, place + ".content").Select(part => Part(part.Item, part.Place))],
        };
        return new UserToolResult(
            block.Text("tool_use_id", place + ".tool_use_id"),
            string.Join('\n', parts.OfType<UserText>().Select(part => part.Text)),
            block.Flag("is_error", place + ".is_error"))
        {
            Content = parts.All(part => part is UserText) ? null : [.. parts.Where(part => part is not UserText { Text: var text } || !string.IsNullOrWhiteSpace(text))],
        };
    }

    private static UserContent Part(JsonElement block, string at) => block.Text("type", at + ".type") switch
    {
        "text" => new UserText(block.Text("text", at + ".text")),
        "image" => Source(block, at, title: null, isImage: true),
        "document" => Source(block, at, block.TextOrNull("title", at + ".title"), isImage: false),
        "search_result" => Found(block, at),
        "tool_reference" => new UserText($"The tool {block.Text("tool_name", at + ".tool_name")} is there."),
        "tool_result" when at.IndexOf("].content[", StringComparison.Ordinal) == at.LastIndexOf("].content[", StringComparison.Ordinal) => Result(block, at),
        var type => throw Fault(at + ".type", $"{at} is of the type '{Short(type)}'; only text, images, documents and results of tools can be sent."),
    };

    private static UserContent Source(JsonElement block, string at, string? title, bool isImage)
    {
        at += ".source";
        var source = block.Inner("source") ?? throw Fault(at, $"{at} is missing.");
        switch (source.Text("type", at + ".type"))
        {
            case "base64":
                return CallMedia.Read(source.TextOrNull("media_type", at + ".media_type"), source.Text("data", at + ".data"), at, title);
            case "url" when isImage:
                return new UserImageAddress(CallMedia.Address(source.Text("url", at + ".url"), at + ".url"));
            case "url":
                return new UserDocumentAddress(CallMedia.Address(source.Text("url", at + ".url"), at + ".url"), title);
            case "text" when !isImage:
                return Text(source.Text("data", at + ".data"), title);
            case "content" when !isImage:
                return Text(Words(source, at), title);
            case var type:
                throw Fault(at + ".type", $"{at} is of the type '{Short(type)}'; send base64 or an address: files are kept nowhere here.");
        }
    }

    private static UserDocument Text(string text, string? title) => new("text/plain", Encoding.UTF8.GetBytes(text), title);

    private static UserDocument Found(JsonElement block, string at) =>
        Text($"{block.TextOrNull("source", at + ".source")}\n{Words(block, at)}", block.TextOrNull("title", at + ".title"));
}
