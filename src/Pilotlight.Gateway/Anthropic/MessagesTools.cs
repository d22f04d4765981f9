using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Anthropic;

/// <summary>Reads what a message says of tools.</summary>
internal static class MessagesTools
{
    private const int LongestName = 128;

    public static IReadOnlyList<AIFunctionDeclaration> Read(JsonElement body) => [.. Declared(body).Select(tool => Declare(tool.Item, tool.Place))];

    /// <summary>The tools whose calls must fit their schema.</summary>
    public static IReadOnlySet<string> Strict(JsonElement body) => Declared(body)
        .Where(tool => tool.Item.Flag("strict", tool.Place + ".strict"))
        .Select(tool => tool.Item.Text("name", tool.Place + ".name")).ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether tools are to be called; without any there is no choice.</summary>
    public static ToolChoice Choice(JsonElement body)
    {
        if (body.Get("tool_choice") is not { } asked || !Declared(body).Any())
        {
            return ToolChoice.Auto;
        }

        var choice = body.Inner("tool_choice") ?? throw Fault("tool_choice", $"tool_choice is {Kind(asked)}; it must be an object.");
        return choice.Text("type", "tool_choice.type") switch
        {
            "auto" => ToolChoice.Auto,
            "none" => ToolChoice.None,
            "any" => ToolChoice.Any,
            "tool" => new ToolChoice(ToolChoiceKind.Tool, choice.Text("name", "tool_choice.name")),
            var type => throw Fault("tool_choice.type", $"tool_choice.type is '{Short(type)}'; it must be auto, any, tool or none."),
        };
    }

    private static IEnumerable<(JsonElement Item, string Place)> Declared(JsonElement body) => body.Get("tools") is { } declared ? List(declared, "tools") : [];

    public static IReadOnlyList<HistoryToolCall> Calls(JsonElement message, string place) =>
        message.Get("content") is { ValueKind: JsonValueKind.Array } content
            ? [.. List(content, place + ".content")
                .Where(block => block.Item.Text("type", block.Place + ".type") == "tool_use")
                .Select(block => new HistoryToolCall(
                    block.Item.Text("id", block.Place + ".id"),
                    block.Item.Text("name", block.Place + ".name"),
                    CallerTools.Input(block.Item.Get("input")?.GetRawText() ?? "", block.Place + ".input")))]
            : [];

    // How it is loaded, cached and streamed is the API's business with its own callers.
    private static AIFunctionDeclaration Declare(JsonElement tool, string place)
    {
        if (tool.TextOrNull("type", place + ".type") is not (null or "custom") and var type)
        {
            throw Fault(place + ".type", $"{place} is of the type '{Short(type)}', which the API runs or knows by itself. Leave it out, or offer a tool of your own.");
        }

        return CallerTools.Declare(
            tool.Text("name", place + ".name"),
            tool.TextOrNull("description", place + ".description"),
            tool.Get("input_schema") ?? throw Fault(place + ".input_schema", $"{place}.input_schema is missing."),
            LongestName,
            place + ".input_schema");
    }
}
