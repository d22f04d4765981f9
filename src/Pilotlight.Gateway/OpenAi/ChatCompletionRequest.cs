using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.OpenAi;

/// <summary>Reads the body of <c>POST /v1/chat/completions</c>.</summary>
internal static class ChatCompletionRequest
{
    public static CompatibleRequest Read(JsonElement body, bool ignoreSampling)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw Fault("body", $"The body is {Kind(body)}; it must be an object.");
        }

        var ignored = ChatCompletionParameters.Rules.Check(body, ignoreSampling);
        var system = new List<string>();
        var messages = new List<CompatibleMessage>();
        foreach (var (item, place) in List(body.Get("messages") ?? throw Fault("messages", "messages is missing."), "messages"))
        {
            item.Only(place, "role", "content", "refusal", "annotations", "audio", "function_call", "tool_calls", "tool_call_id");
            switch (item.Text("role", place + ".role"))
            {
                case "system" or "developer" when messages.Count > 0:
                    throw Fault(place, $"{place} is a system message after others; the CLI takes one system prompt, before all messages. Move it to the front.");
                case "system" or "developer":
                    system.Add(string.Concat(Parts(item, place).Select(part =>
                        part is UserText text ? text.Text : throw Fault(place, $"{place} holds an image; a system message holds text."))));
                    break;
                case "user":
                    messages.Add(new CompatibleMessage(HistoryRole.User, [.. Parts(item, place)]));
                    break;
                case "assistant":
                    messages.Add(Assistant(item, place));
                    break;
                case "tool":
                    messages.Add(new CompatibleMessage(HistoryRole.User, [Result(item, place)]));
                    break;
                case var role:
                    throw Fault(place + ".role", $"{place}.role is '{Short(role)}'; it must be system, developer, user, assistant or tool.");
            }
        }

        var (history, content) = Split(messages);
        return new CompatibleRequest
        {
            Api = "openai",
            Model = body.Text("model", "model"),
            SystemPrompt = system.Count > 0 ? string.Join("\n\n", system) : null,
            History = history,
            Content = content,
            Tools = ChatCompletionTools.Read(body),
            OutputSchema = ChatCompletionTools.Schema(body),
            MaxTokens = body.Positive("max_completion_tokens", "max_completion_tokens") ?? body.Positive("max_tokens", "max_tokens"),
            Stream = body.Flag("stream", "stream"),
            IncludeUsage = body.Get("stream_options") is { ValueKind: JsonValueKind.Object } options && options.Flag("include_usage", "stream_options.include_usage"),
            Ignored = ignored,
        };
    }

    private static CompatibleMessage Assistant(JsonElement item, string place)
    {
        foreach (var name in (string[])["function_call", "audio"])
        {
            if (item.Get(name) is { } value && (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > 0))
            {
                throw Fault($"{place}.{name}", $"{place}.{name} cannot be replayed to the CLI. Leave it out.");
            }
        }

        var text = item.Get("content") is null ? item.Get("refusal")?.GetString() ?? "" : string.Concat(Parts(item, place).OfType<UserText>().Select(part => part.Text));
        return new CompatibleMessage(HistoryRole.Assistant, [new UserText(text)]) { Calls = ChatCompletionTools.Calls(item, place) };
    }

    private static UserToolResult Result(JsonElement item, string place) => new(
        item.Text("tool_call_id", place + ".tool_call_id"),
        string.Concat(Parts(item, place).Select(part =>
            part is UserText text ? text.Text : throw Fault(place, $"{place} holds an image; a function's result is text."))));

    private static IEnumerable<UserContent> Parts(JsonElement item, string place)
    {
        var content = item.Get("content") ?? throw Fault(place + ".content", $"{place}.content is missing.");
        if (content.ValueKind == JsonValueKind.String)
        {
            yield return new UserText(content.GetString()!);
            yield break;
        }

        foreach (var (part, at) in List(content, place + ".content"))
        {
            switch (part.Text("type", at + ".type"))
            {
                case "text":
                    yield return new UserText(part.Text("text", at + ".text"));
                    break;
                case "refusal":
                    yield return new UserText(part.Text("refusal", at + ".refusal"));
                    break;
                case "image_url" when part.Get("image_url") is { ValueKind: JsonValueKind.Object } image:
                    yield return DataUrl(image.Text("url", at + ".image_url.url"), at + ".image_url.url");
                    break;
                case var type:
                    throw Fault(at + ".type", $"{at} is of the type '{Short(type)}'; only text and image_url with a data URL can be sent.");
            }
        }
    }
}
