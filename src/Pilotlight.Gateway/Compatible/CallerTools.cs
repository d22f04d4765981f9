using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Tools;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Reads what a caller declares and answers: his functions, their calls, their results.</summary>
internal static class CallerTools
{
    private const int MaxName = 64;

    /// <summary>A function, as the model is told of it.</summary>
    public static AIFunctionDeclaration Declare(string name, string? description, JsonElement? schema, string place)
    {
        if (name.Length is 0 or > MaxName || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-'))
        {
            throw Fault(place, $"{place} has the name '{Short(name)}'; use 1 to {MaxName} letters, digits, '_' or '-'.");
        }

        return AIFunctionFactory.CreateDeclaration(name, description ?? "", Schema(schema ?? JsonElement.Parse("""{"type":"object","properties":{}}"""), place));
    }

    /// <summary>What of the declared functions is offered, by the call's <c>tool_choice</c>: all of them, or none.</summary>
    /// <param name="tools">The functions.</param>
    /// <param name="choice">The choice; null is auto.</param>
    /// <param name="word">What the API calls a function.</param>
    public static IReadOnlyList<AIFunctionDeclaration> Choose(List<AIFunctionDeclaration> tools, JsonElement? choice, string word) => choice switch
    {
        null => Distinct(tools),
        { } value when ParameterRules.IsOneOf(value, "auto") => Distinct(tools),
        { } value when ParameterRules.IsOneOf(value, "none") => [],
        _ => throw Fault("tool_choice", $"tool_choice must be auto or none: the CLI cannot be told to call a {word}."),
    };

    /// <summary>Refuses two functions of one name.</summary>
    private static List<AIFunctionDeclaration> Distinct(List<AIFunctionDeclaration> tools)
    {
        var twice = tools.GroupBy(tool => tool.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1);
        return twice is null ? tools : throw Fault("tools", $"tools has two functions of the name '{twice.Key}'. Rename one.");
    }

    /// <summary>A schema of an object, as the CLI takes it: of its own dialect alone.</summary>
    public static JsonElement Schema(JsonElement schema, string place)
    {
        if (schema.ValueKind != JsonValueKind.Object || schema.Get("type") is not { ValueKind: JsonValueKind.String } type || type.GetString() != "object")
        {
            throw Fault(place, $"{place} has a JSON schema that is not of an object. Wrap the value in a property of one.");
        }

        var node = JsonNode.Parse(schema.GetRawText())!.AsObject();
        node.Remove("$schema");
        return JsonElement.Parse(node.ToJsonString());
    }

    /// <summary>Arguments as the object that they must be.</summary>
    public static JsonElement Input(string json, string place)
    {
        try
        {
            var input = JsonElement.Parse(json.Length == 0 ? "{}" : json);
            return input.ValueKind == JsonValueKind.Object ? input : throw Fault(place, $"{place} is {Kind(input)}; it must be an object.");
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
                Calls = native.Length > 0 ? [.. native.Select(call => call with { Name = FunctionNames.Qualify(call.Name) })] : null,
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
        .. content.Select(part => part is UserToolResult result && untold.TryGetValue(result.ToolUseId, out var name)
            ? new UserText($"[{name} returned] {result.Text}")
            : part),
    ];
}
