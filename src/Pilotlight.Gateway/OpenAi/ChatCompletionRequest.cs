using System.Text.Json;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.OpenAi;

/// <summary>Reads the body of <c>POST /v1/chat/completions</c>.</summary>
internal static class ChatCompletionRequest
{
    public static CompatibleRequest Read(JsonElement body)
    {
        var settings = ChatCompletionSettings.Read(Object(body));
        var system = new List<string>();
        var notes = new List<SystemNote>();
        var messages = new List<CompatibleMessage>();
        foreach (var (item, place) in List(body.Get("messages") ?? throw Fault("messages", "messages is missing."), "messages"))
        {
            switch (item.Text("role", place + ".role"))
            {
                case "system" or "developer" when messages.Count == 0:
                    system.Add(ChatCompletionContent.Words(item, place));
                    break;
                case "system" or "developer":
                    notes.Add(new SystemNote(ChatCompletionContent.Words(item, place)));
                    messages.Add(new CompatibleMessage(HistoryRole.User, [new UserText(notes[^1].Folded)]));
                    break;
                case "user":
                    messages.Add(new CompatibleMessage(HistoryRole.User, [.. ChatCompletionContent.Parts(item, place)]));
                    break;
                case "assistant":
                    messages.Add(Assistant(item, place));
                    break;
                case "tool":
                    messages.Add(new CompatibleMessage(HistoryRole.User, [ChatCompletionContent.Result(item, place)]));
                    break;
                case "function":
                    throw Fault(place + ".role", $"{place}.role is 'function', which is no more. Send the result as a tool's, with the tool_call_id that it answers.");
                case var role:
                    throw Fault(place + ".role", $"{place}.role is '{Short(role)}'; it must be system, developer, user, assistant or tool.");
            }
        }

        var said = CallHistory.Of(messages);
        var tools = ChatCompletionTools.Read(body);
        return new CompatibleRequest
        {
            Api = "openai",
            Model = body.Text("model", "model"),
            SystemPrompt = system.Count > 0 ? string.Join("\n\n", system) : null,
            History = said.History,
            Content = said.Content,
            Tools = CallerTools.Offered(tools, settings.ToolChoice),
            OutputSchema = ChatCompletionTools.Schema(body),
            Stream = body.Flag("stream", "stream"),
            IncludeUsage = body.Inner("stream_options")?.Flag("include_usage", "stream_options.include_usage") == true,
            Settings = settings with { SystemNotes = notes, Prefill = said.Prefill },
        };
    }

    // What the model thought, and what providers noted beside its answer, is not told to it again.
    private static CompatibleMessage Assistant(JsonElement item, string place)
    {
        if (item.Inner("function_call") is not null)
        {
            throw Fault($"{place}.function_call", $"{place}.function_call is of an API that is no more. Send it in tool_calls.");
        }

        var text = item.Get("content") is null ? item.TextOrNull("refusal", place + ".refusal") ?? "" : ChatCompletionContent.Words(item, place);
        return new CompatibleMessage(HistoryRole.Assistant, [new UserText(text)]) { Calls = ChatCompletionTools.Calls(item, place) };
    }
}
