using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Anthropic;

/// <summary>Reads what a message says of tools.</summary>
internal static class MessagesTools
{
    public static IReadOnlyList<AIFunctionDeclaration> Read(JsonElement body)
    {
        var tools = new List<AIFunctionDeclaration>();
        if (body.Get("tools") is { } declared)
        {
            tools.AddRange(List(declared, "tools").Select(tool => Declare(tool.Item, tool.Place)));
        }

        var choice = body.Get("tool_choice");
        if (choice is { ValueKind: JsonValueKind.Object } asked && asked.Flag("disable_parallel_tool_use", "tool_choice.disable_parallel_tool_use"))
        {
            throw Fault("tool_choice.disable_parallel_tool_use", "tool_choice.disable_parallel_tool_use is true, which the CLI cannot be told. Leave it out, and expect several calls at once.");
        }

        return CallerTools.Choose(tools, choice, "tool");
    }

    public static IReadOnlyList<HistoryToolCall> Calls(JsonElement message, string place) =>
        message.Get("content") is { ValueKind: JsonValueKind.Array } content
            ? [.. List(content, place + ".content")
                .Where(block => block.Item.Text("type", block.Place + ".type") == "tool_use")
                .Select(block => new HistoryToolCall(
                    block.Item.Text("id", block.Place + ".id"),
                    block.Item.Text("name", block.Place + ".name"),
                    CallerTools.Input(block.Item.Get("input")?.GetRawText() ?? "", block.Place + ".input")))]
            : [];

    public static UserToolResult Result(JsonElement block, string place)
    {
        block.Only(place, "type", "tool_use_id", "content", "is_error", "cache_control");
        var text = block.Get("content") switch
        {
            null => "",
            { ValueKind: JsonValueKind.String } whole => whole.GetString()!,
            { } parts => string.Join('\n', List(parts, place + ".content").Select(part =>
                part.Item.Text("type", part.Place + ".type") == "text"
                    ? part.Item.Text("text", part.Place + ".text")
                    : throw Fault(part.Place, $"{part.Place} must be text."))),
        };
        return new UserToolResult(block.Text("tool_use_id", place + ".tool_use_id"), text, block.Flag("is_error", place + ".is_error"));
    }

    private static AIFunctionDeclaration Declare(JsonElement tool, string place)
    {
        if (tool.Get("type") is not null && tool.Text("type", place + ".type") is not "custom" and var type)
        {
            throw Fault(place + ".type", $"{place} is of the type '{Short(type)}'; only tools that the caller runs can be offered.");
        }

        tool.Only(place, "type", "name", "description", "input_schema", "cache_control");
        return CallerTools.Declare(
            tool.Text("name", place + ".name"),
            tool.Get("description") is null ? null : tool.Text("description", place + ".description"),
            tool.Get("input_schema") ?? throw Fault(place + ".input_schema", $"{place}.input_schema is missing."),
            place + ".input_schema");
    }
}
