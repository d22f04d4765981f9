using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Anthropic;

/// <summary>Reads the body of <c>POST /v1/messages</c>.</summary>
internal static class MessagesRequest
{
    /// <summary>What the figures call the API.</summary>
    public const string Api = "anthropic";

    public static CompatibleRequest Read(JsonElement body, bool isCount = false)
    {
        var settings = MessagesSettings.Read(Object(body));
        if (settings.MaxTokens is null && !isCount)
        {
            throw Fault("max_tokens", "max_tokens is missing.");
        }

        var system = new List<string>(System(body));
        var notes = new List<SystemNote>();
        var messages = new List<CompatibleMessage>();
        foreach (var (item, place) in List(body.Get("messages") ?? throw Fault("messages", "messages is missing."), "messages"))
        {
            switch (item.Text("role", place + ".role"))
            {
                case "user":
                    messages.Add(new CompatibleMessage(HistoryRole.User, [.. MessagesContent.UserParts(item, place)]));
                    break;
                case "assistant":
                    messages.Add(new CompatibleMessage(HistoryRole.Assistant, [new UserText(MessagesContent.Words(item, place))]) { Calls = MessagesTools.Calls(item, place) });
                    break;
                case "system" when messages.Count == 0:
                    system.Add(MessagesContent.Words(item, place));
                    break;
                case "system":
                    notes.Add(new SystemNote(MessagesContent.Words(item, place)));
                    messages.Add(new CompatibleMessage(HistoryRole.User, [new UserText(notes[^1].Folded)]));
                    break;
                case var role:
                    throw Fault(place + ".role", $"{place}.role is '{Short(role)}'; it must be user, assistant or system.");
            }
        }

        var said = CallHistory.Of(messages);
        var tools = MessagesTools.Read(body);
        return new CompatibleRequest
        {
            Api = Api,
            Model = body.Text("model", "model"),
            SystemPrompt = system.Count > 0 ? string.Join("\n\n", system) : null,
            History = said.History,
            Content = said.Content,
            Tools = CallerTools.Offered(tools, settings.ToolChoice),
            OutputSchema = MessagesSettings.Schema(body),
            Stream = body.Flag("stream", "stream"),
            Settings = settings with { SystemNotes = notes, Prefill = said.Prefill },
        };
    }

    private static IEnumerable<string> System(JsonElement body) => body.Get("system") switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } text => [text.GetString()!],
        { } blocks => List(blocks, "system").Select(block => block.Item.Text("type", block.Place + ".type") == "text"
            ? block.Item.Text("text", block.Place + ".text")
            : throw Fault(block.Place, $"{block.Place} must be text.")),
    };
}
