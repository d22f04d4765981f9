using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.OpenAi;

/// <summary>Reads what a chat completion says of functions and of the answer's form.</summary>
internal static class ChatCompletionTools
{
    public static IReadOnlyList<AIFunctionDeclaration> Read(JsonElement body)
    {
        var tools = new List<AIFunctionDeclaration>();
        if (body.Get("tools") is { } declared)
        {
            tools.AddRange(List(declared, "tools").Select(tool => Declare(tool.Item, tool.Place)));
        }

        if (tools.Count > 0 && body.Get("parallel_tool_calls") is { ValueKind: JsonValueKind.False })
        {
            throw Fault("parallel_tool_calls", "parallel_tool_calls is false, which the CLI cannot be told. Leave it out, and expect several calls at once.");
        }

        return CallerTools.Choose(tools, body.Get("tool_choice"), "function");
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
            CallerTools.Input(function.Text("arguments", place + ".function.arguments"), place + ".function.arguments"));
    }

    private static AIFunctionDeclaration Declare(JsonElement tool, string place)
    {
        tool.Only(place, "type", "function");
        var function = Function(tool, place);
        function.Only(place + ".function", "name", "description", "parameters", "strict");
        if (function.Flag("strict", place + ".function.strict"))
        {
            throw Fault(place + ".function.strict", $"{place}.function.strict cannot be promised: the CLI does not hold calls to their schema. Leave it out.");
        }

        return CallerTools.Declare(
            function.Text("name", place + ".function.name"),
            function.Get("description") is null ? null : function.Text("description", place + ".function.description"),
            function.Get("parameters"),
            place);
    }

    private static JsonElement Function(JsonElement item, string place)
    {
        if (item.Text("type", place + ".type") is not "function" and var type)
        {
            throw Fault(place + ".type", $"{place} is of the type '{Short(type)}'; only functions can be offered.");
        }

        return item.Get("function") is { ValueKind: JsonValueKind.Object } function ? function : throw Fault(place + ".function", $"{place}.function is missing.");
    }
}
