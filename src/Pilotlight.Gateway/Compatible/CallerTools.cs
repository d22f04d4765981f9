using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Tools;
using Pilotlight.Gateway.Http;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Reads what a caller declares and answers: his functions, their calls, their results.</summary>
internal static class CallerTools
{
    private static readonly JsonElement s_anything = JsonElement.Parse("{}");

    /// <summary>A function, as the model is told of it.</summary>
    public static AIFunctionDeclaration Declare(string name, string? description, JsonElement? schema, int longest, string place)
    {
        if (name.Length == 0 || name.Length > longest || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-'))
        {
            throw Fault(place, $"{place} has the name '{Short(name)}'; use 1 to {longest} letters, digits, '_' or '-'.");
        }

        return AIFunctionFactory.CreateDeclaration(name, description ?? "", Schema(schema ?? s_anything, place));
    }

    /// <summary>What of the declared functions is offered: all of them, or none where none may be called.</summary>
    public static IReadOnlyList<AIFunctionDeclaration> Offered(IReadOnlyList<AIFunctionDeclaration> tools, ToolChoice choice)
    {
        if (tools.GroupBy(tool => tool.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw Fault("tools", $"tools has two functions of the name '{twice.Key}'. Rename one.");
        }

        return choice.Kind switch
        {
            ToolChoiceKind.None => [],
            ToolChoiceKind.Tool when tools.All(tool => tool.Name != choice.Tool) =>
                throw Fault("tool_choice", $"tool_choice names the function '{Short(choice.Tool!)}', which is not among tools."),
            _ => tools,
        };
    }

    /// <summary>A schema of an object, completed where it leaves that out, and of the CLI's own dialect alone.</summary>
    public static JsonElement Schema(JsonElement schema, string place)
    {
        if (schema.ValueKind is not (JsonValueKind.Object or JsonValueKind.True) || (schema.ValueKind == JsonValueKind.Object && !IsOfObject(schema)))
        {
            throw Fault(place, $"{place} has a JSON schema that is not of an object. Wrap the value in a property of one.");
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("type", "object");
            var known = new HashSet<string>(StringComparer.Ordinal) { "type", "$schema" };
            foreach (var name in schema.ValueKind == JsonValueKind.Object ? schema.EnumerateObject().Select(property => property.Name).Where(known.Add) : [])
            {
                // Of a name that comes twice the last one counts.
                writer.WritePropertyName(name);
                schema.GetProperty(name).WriteTo(writer);
            }

            if (known.Add("properties"))
            {
                writer.WriteStartObject("properties");
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static bool IsOfObject(JsonElement schema) => schema.Get("type") switch
    {
        null => true,
        { ValueKind: JsonValueKind.String } type => type.ValueEquals("object") || type.ValueEquals(""),
        { ValueKind: JsonValueKind.Array } types => types.GetArrayLength() == 0
            || types.EnumerateArray().Any(type => type.ValueKind == JsonValueKind.String && type.ValueEquals("object")),
        _ => false,
    };

    /// <summary>Arguments as the object that they must be.</summary>
    public static JsonElement Input(string json, string place)
    {
        try
        {
            var input = string.IsNullOrWhiteSpace(json) ? s_anything : JsonText.Parse(json);
            return input.ValueKind switch
            {
                JsonValueKind.Object => input,
                JsonValueKind.Null => s_anything,
                _ => throw Fault(place, $"{place} is {Kind(input)}; it must be an object."),
            };
        }
        catch (JsonException)
        {
            throw Fault(place, $"{place} is not valid JSON.");
        }
    }

    /// <summary>Refuses calls without results and results without calls, as the APIs do: each call is answered in the message after it.</summary>
    public static void CheckAnswered(IReadOnlyList<CompatibleMessage> messages)
    {
        IReadOnlyList<HistoryToolCall> open = [];
        foreach (var message in messages)
        {
            var answered = message.Content.OfType<UserToolResult>().Select(result => result.ToolUseId).ToArray();
            if (answered.FirstOrDefault(id => open.All(call => call.ToolUseId != id)) is { } unknown)
            {
                throw Fault("messages", $"messages has a result for '{Short(unknown)}', which is no call of the message before it.");
            }

            if (answered.Distinct(StringComparer.Ordinal).Count() != answered.Length || open.Any(call => !answered.Contains(call.ToolUseId)))
            {
                throw Fault("messages", $"messages has {open.Count} calls with {answered.Length} results after them; each call needs one, in the message after it.");
            }

            open = message.Calls;
            if (open.DistinctBy(call => call.ToolUseId).Count() != open.Count)
            {
                throw Fault("messages", "messages has two calls of one id in a message.");
            }
        }
    }

    /// <summary>
    /// History as it is replayed. Calls of functions that are no longer offered are told as text, since the API takes calls
    /// only of what is offered.
    /// </summary>
    public static IEnumerable<HistoryMessage> History(IEnumerable<CompatibleMessage> messages, IReadOnlyList<AIFunctionDeclaration> tools)
    {
        var untold = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var message in messages)
        {
            if (message.Role == HistoryRole.User)
            {
                var content = Content(message.Content, untold);
                yield return new HistoryMessage(HistoryRole.User, message.Text) { Content = content is [UserText] ? null : content };
                continue;
            }

            var native = message.Calls.Where(call => tools.Any(tool => tool.Name == call.Name)).ToArray();
            untold = message.Calls.Except(native).ToDictionary(call => call.ToolUseId, call => call.Name, StringComparer.Ordinal);
            yield return new HistoryMessage(HistoryRole.Assistant, message.Text, untold.Count > 0 ? [.. untold.Values.Distinct()] : null)
            {
                Calls = native.Length > 0 ? [.. native.Select(call => call with { Name = FunctionNames.Qualify(CallerToolNames.OnCli(call.Name)) })] : null,
            };
        }
    }

    /// <summary>What is said now; results of calls that are told as text are text as well.</summary>
    public static IReadOnlyList<UserContent> Content(CompatibleRequest request) => Content(
        request.Content,
        (request.History is [.., { } last] ? last.Calls : []).Where(call => request.Tools.All(tool => tool.Name != call.Name))
            .ToDictionary(call => call.ToolUseId, call => call.Name, StringComparer.Ordinal));

    private static IReadOnlyList<UserContent> Content(IReadOnlyList<UserContent> content, Dictionary<string, string> untold) =>
    [
        .. content.SelectMany(part => part is UserToolResult result && untold.TryGetValue(result.ToolUseId, out var name)
            ? [new UserText($"[{name} returned] {result.Text}"), .. result.Content?.Where(more => more is not UserText) ?? []]
            : (IEnumerable<UserContent>)[part]),
    ];
}
