using System.Text.Json.Nodes;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Turns;

namespace Pilotlight.Gateway.Responses;

/// <summary>What a response was asked, as the items of its input.</summary>
internal static class InputItems
{
    public static IEnumerable<JsonObject> Of(Turn turn, Prompt? prompt)
    {
        var at = 0;
        foreach (var message in (prompt?.Told ?? []).Append(new HistoryMessage(HistoryRole.User, turn.Text) { Content = prompt?.Content }))
        {
            if (message.Role == HistoryRole.Assistant)
            {
                if (message.Text.Length > 0)
                {
                    yield return Message("assistant", [new JsonObject { ["type"] = "output_text", ["text"] = message.Text, ["annotations"] = new JsonArray() }]);
                }

                foreach (var call in message.Calls ?? [])
                {
                    yield return new JsonObject
                    {
                        ["id"] = Id("fc"), ["type"] = "function_call", ["status"] = "completed", ["call_id"] = call.ToolUseId, ["name"] = call.Name, ["arguments"] = call.Input.GetRawText(),
                    };
                }

                continue;
            }

            IReadOnlyList<UserContent> parts = message.Content ?? [new UserText(message.Text)];
            foreach (var result in parts.OfType<UserToolResult>())
            {
                yield return new JsonObject
                {
                    ["id"] = Id("fco"), ["type"] = "function_call_output", ["status"] = "completed", ["call_id"] = result.ToolUseId, ["output"] = result.Text,
                };
            }

            if (parts.Any(part => part is not UserToolResult))
            {
                yield return Message("user", [.. parts.Where(part => part is not UserToolResult).Select(Part)]);
            }
        }

        JsonObject Message(string role, JsonArray content) => new() { ["id"] = Id("msg"), ["type"] = "message", ["status"] = "completed", ["role"] = role, ["content"] = content };

        string Id(string prefix) => $"{prefix}_{turn.UserMessageId[(turn.UserMessageId.IndexOf('_', StringComparison.Ordinal) + 1)..]}{at++:x4}";
    }

    private static JsonObject Part(UserContent part) => part switch
    {
        UserText text => new() { ["type"] = "input_text", ["text"] = text.Text },
        UserImage image => new() { ["type"] = "input_image", ["detail"] = "auto", ["image_url"] = Data(image.MediaType, image.Data) },
        UserImageAddress image => new() { ["type"] = "input_image", ["detail"] = "auto", ["image_url"] = image.Address.AbsoluteUri },
        UserDocument document => new() { ["type"] = "input_file", ["filename"] = document.Title, ["file_data"] = Data(document.MediaType, document.Data) },
        UserDocumentAddress document => new() { ["type"] = "input_file", ["filename"] = document.Title, ["file_url"] = document.Address.AbsoluteUri },
        _ => throw new ArgumentOutOfRangeException(nameof(part), part.GetType().Name, "This content is no part of a message."),
    };

    private static string Data(string mediaType, ReadOnlyMemory<byte> data) => $"data:{mediaType};base64,{Convert.ToBase64String(data.Span)}";
}
