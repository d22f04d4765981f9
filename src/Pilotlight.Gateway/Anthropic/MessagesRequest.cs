using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Anthropic;

/// <summary>Reads the body of <c>POST /v1/messages</c>.</summary>
internal static class MessagesRequest
{
    public static CompatibleRequest Read(JsonElement body, bool ignoreSampling, bool isCount = false)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw Fault("body", $"The body is {Kind(body)}; it must be an object.");
        }

        var ignored = MessagesParameters.Rules.Check(body, ignoreSampling);
        var messages = new List<CompatibleMessage>();
        foreach (var (item, place) in List(body.Get("messages") ?? throw Fault("messages", "messages is missing."), "messages"))
        {
            item.Only(place, "role", "content");
            messages.Add(item.Text("role", place + ".role") switch
            {
                "user" => new CompatibleMessage(HistoryRole.User, [.. Blocks(item, place, isUser: true)]),
                "assistant" => new CompatibleMessage(
                    HistoryRole.Assistant,
                    [new UserText(string.Concat(Blocks(item, place, isUser: false).OfType<UserText>().Select(block => block.Text)))])
                {
                    Calls = MessagesTools.Calls(item, place),
                },
                var role => throw Fault(place + ".role", $"{place}.role is '{Short(role)}'; it must be user or assistant. A system prompt goes into 'system'."),
            });
        }

        if (messages is [.., { Role: HistoryRole.Assistant }])
        {
            throw Fault("messages", "The last message is the assistant's; the CLI cannot be given the beginning of an answer. End with the user's.");
        }

        var (history, content) = Split(messages);
        return new CompatibleRequest
        {
            Api = "anthropic",
            Model = body.Text("model", "model"),
            SystemPrompt = System(body),
            History = history,
            Content = content,
            Tools = MessagesTools.Read(body),
            MaxTokens = body.Positive("max_tokens", "max_tokens") ?? (isCount ? null : throw Fault("max_tokens", "max_tokens is missing.")),
            Stream = body.Flag("stream", "stream"),
            Ignored = ignored,
        };
    }

    private static string? System(JsonElement body) => body.Get("system") switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { } blocks => string.Join("\n\n", List(blocks, "system").Select(block =>
        {
            block.Item.Only(block.Place, "type", "text", "cache_control", "citations");
            return block.Item.Text("type", block.Place + ".type") == "text"
                ? block.Item.Text("text", block.Place + ".text")
                : throw Fault(block.Place, $"{block.Place} must be text.");
        })),
    };

    private static IEnumerable<UserContent> Blocks(JsonElement item, string place, bool isUser)
    {
        var content = item.Get("content") ?? throw Fault(place + ".content", $"{place}.content is missing.");
        if (content.ValueKind == JsonValueKind.String)
        {
            yield return new UserText(content.GetString()!);
            yield break;
        }

        foreach (var (block, at) in List(content, place + ".content"))
        {
            switch (block.Text("type", at + ".type"))
            {
                case "text":
                    yield return new UserText(block.Text("text", at + ".text"));
                    break;
                case "image" when isUser:
                    yield return Image(block, at);
                    break;

                // The model's own; what it thought is not replayed.
                case "thinking" or "redacted_thinking" when !isUser:
                    break;
                case "tool_result" when isUser:
                    yield return MessagesTools.Result(block, at);
                    break;
                case "tool_use" when !isUser:
                    break;
                case var type:
                    throw Fault(at + ".type", $"{at} is of the type '{Short(type)}'; only text, calls of tools, and the user's images and results can be sent.");
            }
        }
    }

    private static UserImage Image(JsonElement block, string at)
    {
        var source = block.Get("source") is { ValueKind: JsonValueKind.Object } item ? item : throw Fault(at + ".source", $"{at}.source is missing.");
        return source.Text("type", at + ".source.type") == "base64"
            ? CallBody.Image(source.Text("media_type", at + ".source.media_type"), source.Text("data", at + ".source.data"), at + ".source")
            : throw Fault(at + ".source.type", $"{at}.source must be base64: the gateway fetches no addresses or files for its callers.");
    }
}
