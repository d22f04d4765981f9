using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.OpenAi;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Responses;

/// <summary>What a response's request says: the system's words before all others, notes of the system among them, and the messages.</summary>
internal sealed record ResponseInput(string? System, IReadOnlyList<SystemNote> Notes, IReadOnlyList<CompatibleMessage> Messages)
{
    private const string ItemReference = "item_reference";

    /// <summary>Reads <c>input</c>.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="referred">Items of earlier responses, by their ids; what is not among them was not theirs to name.</param>
    /// <param name="goesOn">Whether something was said before: then nothing of it comes before all others.</param>
    public static ResponseInput Read(JsonElement body, IReadOnlyDictionary<string, OutputItem> referred, bool goesOn)
    {
        var (system, notes, messages, thoughts) = (new List<string>(), new List<SystemNote>(), new List<CompatibleMessage>(), new List<JsonElement>());
        if (body.Get("input") is not { } input)
        {
            return new ResponseInput(null, notes, messages);
        }

        if (input.ValueKind == JsonValueKind.String)
        {
            return new ResponseInput(null, notes, [new CompatibleMessage(HistoryRole.User, [new UserText(input.GetString()!)])]);
        }

        foreach (var (item, place) in List(input, "input"))
        {
            switch (item.TextOrNull("type", place + ".type") ?? (item.Get("role") is null ? ItemReference : "message"))
            {
                case "message" when item.Text("role", place + ".role") is "system" or "developer":
                    var words = ChatCompletionContent.Words(item, place);
                    if (messages.Count == 0 && !goesOn)
                    {
                        system.Add(words);
                    }
                    else if (words.Length > 0)
                    {
                        notes.Add(new SystemNote(words));
                        messages.Add(new CompatibleMessage(HistoryRole.User, [new UserText(notes[^1].Folded)]));
                    }

                    break;
                case "message":
                    messages.Add(Message(item, place));
                    break;
                case "function_call":
                    messages.Add(Call(item, place, CallerTools.Input(item.TextOrNull("arguments", place + ".arguments") ?? "", place + ".arguments")));
                    break;
                case "custom_tool_call":
                    messages.Add(Call(item, place, CustomTools.Input(item.TextOrNull("input", place + ".input") ?? "")));
                    break;
                case "function_call_output" or "custom_tool_call_output":
                    messages.Add(new CompatibleMessage(HistoryRole.User, [Result(item, place)]));
                    break;
                case ItemReference:
                    messages.Add(Referred(item, place, referred));
                    break;

                case "reasoning":
                    thoughts.AddRange(SealedThoughts.Read(item.TextOrNull("encrypted_content", place + ".encrypted_content")));
                    continue;

                // What tools of another's did is not told to the model again.
                default:
                    break;
            }

            // Thinking stands before the answer or the calls that came of it.
            if (thoughts.Count > 0 && messages is [.., { Role: HistoryRole.Assistant } came])
            {
                messages[^1] = came with { Thoughts = [.. thoughts] };
            }

            thoughts.Clear();
        }

        return new ResponseInput(system.Count > 0 ? string.Join("\n\n", system) : null, notes, messages);
    }

    /// <summary>The ids of all items that it refers to.</summary>
    public static IEnumerable<string> References(JsonElement body) => body.ValueKind == JsonValueKind.Object && body.Get("input") is { ValueKind: JsonValueKind.Array } input
        ? input.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object && item.TextOrNull("type", "input.type") is ItemReference or null && item.Get("role") is null)
            .Select(item => item.TextOrNull("id", "input.id")).OfType<string>()
        : [];

    /// <summary>An item of an earlier output, as it is said again.</summary>
    public static CompatibleMessage Said(OutputItem item) => item.Type switch
    {
        "message" => new CompatibleMessage(HistoryRole.Assistant, [new UserText(string.Concat((item.Content ?? []).Select(part => part.Text)))]),
        "function_call" => Asked(item.CallId!, item.Name!, CallerTools.Input(item.Arguments ?? "", "input")),
        "custom_tool_call" => Asked(item.CallId!, item.Name!, CustomTools.Input(item.Input ?? "")),
        _ => new CompatibleMessage(HistoryRole.Assistant, []),
    };

    private static CompatibleMessage Message(JsonElement item, string place) => item.Text("role", place + ".role") switch
    {
        "user" => new CompatibleMessage(HistoryRole.User, [.. ChatCompletionContent.Parts(item, place)]),
        "assistant" => new CompatibleMessage(HistoryRole.Assistant, [new UserText(ChatCompletionContent.Words(item, place))]),
        var role => throw Fault(place + ".role", $"{place}.role is '{Short(role)}'; it must be user, assistant, system or developer."),
    };

    private static CompatibleMessage Referred(JsonElement item, string place, IReadOnlyDictionary<string, OutputItem> referred)
    {
        var id = item.Text("id", place + ".id");
        return referred.TryGetValue(id, out var found)
            ? Said(found)
            : throw Fault(place + ".id", $"{place} refers to the item '{Short(id)}', which is not kept here. Send what was said itself.");
    }

    private static CompatibleMessage Call(JsonElement item, string place, JsonElement input) =>
        Asked(item.Text("call_id", place + ".call_id"), item.Text("name", place + ".name"), input);

    private static CompatibleMessage Asked(string id, string name, JsonElement input) =>
        new(HistoryRole.Assistant, [new UserText("")]) { Calls = [new HistoryToolCall(id, name, input)] };

    private static UserToolResult Result(JsonElement item, string place)
    {
        UserContent[] parts = item.Get("output") is { } output ? [.. ChatCompletionContent.Parts(output, place + ".output", isUser: true)] : [];
        return new UserToolResult(item.Text("call_id", place + ".call_id"), string.Concat(parts.OfType<UserText>().Select(part => part.Text)))
        {
            Content = parts.All(part => part is UserText) ? null : [.. parts.Where(part => part is not UserText { Text: var text } || !string.IsNullOrWhiteSpace(text))],
        };
    }
}
