using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Prompts;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.FrontEnds;

/// <summary>What the AI SDK's chat sends: all messages, of which the thread holds those before the last.</summary>
/// <param name="Content">What the user says now.</param>
/// <param name="MessageId">The client's id for it.</param>
/// <param name="IsAgain">Whether the last answer is to be made anew.</param>
internal sealed record UiRequest(IReadOnlyList<UserContent> Content, string MessageId, bool IsAgain)
{
    public static UiRequest Read(JsonElement body)
    {
        var isAgain = Object(body).TextOrNull("trigger", "trigger") == "regenerate-message";
        var messages = List(body.Get("messages") ?? throw Fault("messages", "messages is missing."), "messages").ToArray();
        var (message, place) = messages.LastOrDefault(one => one.Item.TextOrNull("role", one.Place + ".role") == "user");
        if (place is null)
        {
            throw Fault("messages", "messages has nothing that the user says.");
        }

        return new UiRequest([.. Parts(message, place)], message.TextOrNull("id", place + ".id") ?? "", isAgain);
    }

    public Prompt? ToPrompt() => Content is [UserText] ? null : new Prompt { Api = "ui", Content = Content };

    private static IEnumerable<UserContent> Parts(JsonElement message, string place)
    {
        foreach (var (part, at) in List(message.Get("parts") ?? throw Fault(place + ".parts", $"{place}.parts is missing."), place + ".parts"))
        {
            switch (part.Text("type", at + ".type"))
            {
                case "text":
                    yield return new UserText(part.Text("text", at + ".text"));
                    break;
                case "file":
                    yield return CallMedia.Url(part.Text("url", at + ".url"), at + ".url", part.TextOrNull("filename", at + ".filename"));
                    break;
            }
        }
    }
}
