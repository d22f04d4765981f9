using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.OpenAi;

/// <summary>Reads what a chat completion says of functions and of the answer's form.</summary>
internal static class ChatCompletionTools
{
    private const int LongestName = 64;

    public static IReadOnlyList<AIFunctionDeclaration> Read(JsonElement body) => [.. Declared(body).Select(tool => CallerTools.Declare(
        tool.Function.Text("name", tool.Place + ".function.name"),
        tool.Function.TextOrNull("description", tool.Place + ".function.description"),
        tool.Function.Get("parameters"),
        LongestName,
        tool.Place))];

    /// <summary>The functions whose calls must fit their schema.</summary>
    public static IReadOnlySet<string> Strict(JsonElement body) => Declared(body)
        .Where(tool => tool.Function.Flag("strict", tool.Place + ".function.strict"))
        .Select(tool => tool.Function.Text("name", tool.Place + ".function.name")).ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether functions are to be called; without any there is no choice.</summary>
    public static ToolChoice Choice(JsonElement body)
    {
        if (body.Get("tool_choice") is not { } choice || !Declared(body).Any())
        {
            return ToolChoice.Auto;
        }

        return choice.ValueKind == JsonValueKind.String ? Choice(choice.GetString()!)
            : choice.Inner("function") is { } function ? new ToolChoice(ToolChoiceKind.Tool, function.Text("name", "tool_choice.function.name"))
            : choice.Inner("allowed_tools") is { } allowed ? Choice(allowed.TextOrNull("mode", "tool_choice.allowed_tools.mode") ?? "auto")
            : throw Fault("tool_choice", $"tool_choice is {Kind(choice)}; it must be auto, none, required or name a function.");
    }

    private static ToolChoice Choice(string word) => word switch
    {
        "auto" => ToolChoice.Auto,
        "none" => ToolChoice.None,
        "required" or "any" => ToolChoice.Any,
        _ => throw Fault("tool_choice", $"tool_choice is '{Short(word)}'; it must be auto, none, required or name a function."),
    };

    private static IEnumerable<(JsonElement Function, string Place)> Declared(JsonElement body)
    {
        var allowed = body.Inner("tool_choice")?.Inner("allowed_tools")?.Get("tools") is { ValueKind: JsonValueKind.Array } names
            ? names.EnumerateArray().Select(tool => tool.Inner("function")?.TextOrNull("name", "tool_choice.allowed_tools")).ToHashSet()
            : null;
        return (body.Get("tools") is { } declared ? List(declared, "tools") : [])
            .Select(tool => (Function: Function(tool.Item, tool.Place), tool.Place))
            .Where(tool => allowed?.Contains(tool.Function.TextOrNull("name", tool.Place)) != false);
    }

    /// <summary>The schema of the answer; null is text.</summary>
    public static JsonElement? Schema(JsonElement body)
    {
        if (body.Get("response_format") is not { } format)
        {
            return null;
        }

        if (format.ValueKind != JsonValueKind.Object)
        {
            throw Fault("response_format", $"response_format is {Kind(format)}; it must be an object.");
        }

        switch (format.Text("type", "response_format.type"))
        {
            case "text":
                return null;
            case "json_object":
                return JsonElement.Parse("""{"type":"object"}""");
            case "json_schema" when format.Get("json_schema") is { ValueKind: JsonValueKind.Object } wanted && wanted.Get("schema") is { } schema:
                return CallerTools.Schema(schema, "response_format.json_schema.schema");
            case "json_schema":
                throw Fault("response_format.json_schema.schema", "response_format.json_schema.schema is missing.");
            case var type:
                throw Fault("response_format.type", $"response_format.type is '{Short(type)}'; it must be text, json_object or json_schema.");
        }
    }

    public static IReadOnlyList<HistoryToolCall> Calls(JsonElement message, string place) => message.Get("tool_calls") is { } calls
        ? [.. List(calls, place + ".tool_calls").Select(call => Call(call.Item, call.Place))]
        : [];

    private static HistoryToolCall Call(JsonElement call, string place)
    {
        var function = Function(call, place);
        return new HistoryToolCall(
            call.Text("id", place + ".id"),
            function.Text("name", place + ".function.name"),
            CallerTools.Input(Arguments(function, place + ".function.arguments"), place + ".function.arguments"));
    }

    // Some clients keep them as the object that they parsed.
    private static string Arguments(JsonElement function, string place) =>
        function.Inner("arguments") is { } parsed ? parsed.GetRawText() : function.TextOrNull("arguments", place) ?? "";

    private static JsonElement Function(JsonElement item, string place)
    {
        if (item.TextOrNull("type", place + ".type") is not (null or "function") and var type)
        {
            throw Fault(place + ".type", $"{place} is of the type '{Short(type)}'; only functions can be offered.");
        }

        return item.Inner("function") ?? throw Fault(place + ".function", $"{place}.function is missing.");
    }
}
