using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Prompts;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.FrontEnds;

/// <summary>What an AG-UI client sends: all messages, of which the thread holds those up to the last answer.</summary>
internal sealed record AgUiRequest(
    string RunId, IReadOnlyList<CompatibleMessage> Messages, string? Instructions, IReadOnlyList<AIFunctionDeclaration> Functions)
{
    private const int LongestName = 64;

    public static AgUiRequest Read(JsonElement body)
    {
        var (messages, system) = (new List<CompatibleMessage>(), new List<string>());
        foreach (var (item, place) in List(Object(body).Get("messages") ?? throw Fault("messages", "messages is missing."), "messages"))
        {
            switch (item.Text("role", place + ".role"))
            {
                case "user":
                    messages.Add(new CompatibleMessage(HistoryRole.User, [.. Parts(item, place)]));
                    break;
                case "tool":
                    UserContent[] parts = [.. Parts(item, place)];
                    messages.Add(new CompatibleMessage(HistoryRole.User, [new UserToolResult(
                        item.Text("toolCallId", place + ".toolCallId"), string.Concat(parts.OfType<UserText>().Select(part => part.Text)),
                        item.TextOrNull("error", place + ".error") is not null)]));
                    break;
                case "assistant":
                    // The thread holds what was said up to here.
                    messages.Clear();
                    break;
                case "system" or "developer":
                    system.Add(item.TextOrNull("content", place + ".content") ?? "");
                    break;
            }
        }

        foreach (var (item, place) in body.Get("context") is { } context ? List(context, "context") : [])
        {
            system.Add($"{item.TextOrNull("description", place + ".description")}: {item.TextOrNull("value", place + ".value")}");
        }

        return new AgUiRequest(
            body.Text("runId", "runId"),
            messages,
            system.Count > 0 ? string.Join("\n\n", system) : null,
            CallerTools.Offered(
                [.. (body.Get("tools") is { } tools ? List(tools, "tools") : []).Select(tool => CallerTools.Declare(
                    tool.Item.Text("name", tool.Place + ".name"), tool.Item.TextOrNull("description", tool.Place + ".description"), tool.Item.Get("parameters"), LongestName, tool.Place))],
                ToolChoice.Auto));
    }

    /// <summary>What the turn is asked, after the calls that its thread waits with.</summary>
    public Prompt ToPrompt(CompatibleMessage? asked)
    {
        var said = CallHistory.Of(asked is null ? Messages : [asked, .. Messages]);
        return new Prompt { Api = "agui", Content = said.Content, Instructions = Instructions, Functions = Functions };
    }

    private static IEnumerable<UserContent> Parts(JsonElement item, string place)
    {
        if (item.Get("content") is not { } content)
        {
            yield break;
        }

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
                case "image" or "document":
                    var source = part.Inner("source") ?? throw Fault(at + ".source", $"{at}.source is missing.");
                    var value = source.Text("value", at + ".source.value");
                    yield return source.Text("type", at + ".source.type") switch
                    {
                        "data" => CallMedia.Read(source.TextOrNull("mimeType", at + ".source.mimeType"), value, at + ".source.value"),
                        "url" => CallMedia.Url(value, at + ".source.value"),
                        var type => throw Fault(at + ".source.type", $"{at}.source is of the type '{Short(type)}'; only data and url can be sent."),
                    };
                    break;
                case var type:
                    throw Fault(at + ".type", $"{at} is of the type '{Short(type)}'; only text, image and document can be sent.");
            }
        }
    }
}
