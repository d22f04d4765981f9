using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.OpenAi;

/// <summary>Reads the parts of a chat completion's messages.</summary>
internal static class ChatCompletionContent
{
    /// <summary>What a user says, text and files.</summary>
    public static IEnumerable<UserContent> Parts(JsonElement item, string place) =>
        Parts(item.Get("content") ?? throw Fault(place + ".content", $"{place}.content is missing."), place + ".content", isUser: true);

    /// <summary>The text of a message that is text alone; without content it is empty.</summary>
    public static string Words(JsonElement item, string place) => item.Get("content") is { } content
        ? string.Concat(Parts(content, place + ".content", isUser: false).OfType<UserText>().Select(part => part.Text))
        : "";

    /// <summary>What came of a call.</summary>
    public static UserToolResult Result(JsonElement item, string place)
    {
        UserContent[] parts = item.Get("content") is { } content ? [.. Parts(content, place + ".content", isUser: true)] : [];
        return new UserToolResult(
            item.Text("tool_call_id", place + ".tool_call_id"), string.Concat(parts.OfType<UserText>().Select(part => part.Text)))
        {
            Content = parts.All(part => part is UserText) ? null : [.. parts.Where(part => part is not UserText { Text: var text } || !string.IsNullOrWhiteSpace(text))],
        };
    }

    private static IEnumerable<UserContent> Parts(JsonElement content, string place, bool isUser)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            yield return new UserText(content.GetString()!);
            yield break;
        }

        foreach (var (part, at) in List(content, place))
        {
            switch (part.TextOrNull("type", at + ".type") ?? "text")
            {
                case "text" or "input_text" or "output_text":
                    yield return new UserText(part.Text("text", at + ".text"));
                    break;
                case "refusal":
                    yield return new UserText(part.Text("refusal", at + ".refusal"));
                    break;
                case "image_url" or "input_image" when isUser:
                    yield return Image(part, at);
                    break;
                case "file" or "input_file" when isUser:
                    yield return File(part.Inner("file") ?? part, at + ".file");
                    break;
                case "input_audio":
                    throw Fault(at + ".type", $"{at} is audio, which the model does not take. Send what is said in it as text.");
                case var type when isUser:
                    throw Fault(at + ".type", $"{at} is of the type '{Short(type)}'; only text, image_url and file can be sent.");

                // An answer's other parts, what the model thought for instance, are its provider's own. A system's are text alone.
                default:
                    break;
            }
        }
    }

    private static UserContent Image(JsonElement part, string at)
    {
        var url = part.Inner("image_url") is { } image ? image.Text("url", at + ".image_url.url") : part.Text("image_url", at + ".image_url");
        return CallMedia.Url(url, at + ".image_url.url");
    }

    private static UserContent File(JsonElement file, string at)
    {
        var name = file.TextOrNull("filename", at + ".filename");
        return file.TextOrNull("file_data", at + ".file_data") switch
        {
            { } data when data.StartsWith("data:", StringComparison.OrdinalIgnoreCase) => CallMedia.Url(data, at + ".file_data", name),
            { } data => CallMedia.Read(LabelOf(name), data, at + ".file_data", name),
            null when file.TextOrNull("file_url", at + ".file_url") is { } url => new UserDocumentAddress(CallMedia.Address(url, at + ".file_url"), name),
            null => throw Fault(at + ".file_id", $"{at} names no bytes. Send them as file_data, data:application/pdf;base64,… for instance: files are kept nowhere here."),
        };
    }

    // Some clients send bytes alone, and what they are by the file's name.
    private static string LabelOf(string? name) => Path.GetExtension(name ?? "").ToLowerInvariant() switch
    {
        ".txt" or ".md" or ".csv" or ".json" or ".xml" or ".yaml" or ".yml" or ".html" => "text/plain",
        _ => "application/pdf",
    };
}
