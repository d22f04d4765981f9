using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Gateway.Compatible;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Responses;

/// <summary>Reads what a response's request says of tools and of the answer's form.</summary>
internal static class ResponseTools
{
    private const int LongestName = 64;

    /// <summary>The functions, custom tools among them; those that are the API's own to run cannot be offered, and are left aside.</summary>
    public static IReadOnlyList<AIFunctionDeclaration> Read(JsonElement body)
    {
        var allowed = Allowed(body);
        return [.. Declared(body).Where(tool => IsCallers(tool.Item)).Where(tool => allowed?.Contains(tool.Item.TextOrNull("name", tool.Place)) != false).Select(tool => CallerTools.Declare(
            tool.Item.Text("name", tool.Place + ".name"),
            tool.Item.TextOrNull("description", tool.Place + ".description"),
            IsCustom(tool.Item) ? CustomTools.Schema : tool.Item.Get("parameters"),
            LongestName,
            tool.Place))];
    }

    /// <summary>What of the tools is left aside, by name.</summary>
    public static IEnumerable<string> Ignored(JsonElement body) => Declared(body).Where(tool => !IsCallers(tool.Item))
        .Select(tool => tool.Item.TextOrNull("type", tool.Place + ".type")).OfType<string>()
        .Where(type => type.Length <= 40 && type.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-'))
        .Distinct(StringComparer.Ordinal).Take(10).Select(type => "tools." + type);

    /// <summary>The functions whose calls must fit their schema.</summary>
    public static IReadOnlySet<string> Strict(JsonElement body) => Declared(body)
        .Where(tool => IsCallers(tool.Item) && tool.Item.Flag("strict", tool.Place + ".strict"))
        .Select(tool => tool.Item.Text("name", tool.Place + ".name")).ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether functions are to be called; without any there is no choice.</summary>
    public static ToolChoice Choice(JsonElement body)
    {
        if (body.Get("tool_choice") is not { } choice || !Declared(body).Any(tool => IsCallers(tool.Item)))
        {
            return ToolChoice.Auto;
        }

        if (choice.ValueKind == JsonValueKind.String)
        {
            return Choice(choice.GetString()!);
        }

        var asked = body.Inner("tool_choice") ?? throw Fault("tool_choice", $"tool_choice is {Kind(choice)}; it must be auto, none, required or name a function.");
        return asked.TextOrNull("type", "tool_choice.type") switch
        {
            "function" or "custom" => new ToolChoice(ToolChoiceKind.Tool, asked.Text("name", "tool_choice.name")),
            "allowed_tools" => Choice(asked.TextOrNull("mode", "tool_choice.mode") ?? "auto"),
            _ => ToolChoice.Auto,
        };
    }

    /// <summary>The schema of the answer; null is text.</summary>
    public static JsonElement? Schema(JsonElement body)
    {
        if (body.Inner("text")?.Inner("format") is not { } format)
        {
            return null;
        }

        return format.Text("type", "text.format.type") switch
        {
            "text" => null,
            "json_object" => JsonElement.Parse("""{"type":"object"}"""),
            "json_schema" => CallerTools.Schema(format.Get("schema") ?? throw Fault("text.format.schema", "text.format.schema is missing."), "text.format.schema"),
            var type => throw Fault("text.format.type", $"text.format.type is '{Short(type)}'; it must be text, json_object or json_schema."),
        };
    }

    private static ToolChoice Choice(string word) => word switch
    {
        "auto" => ToolChoice.Auto,
        "none" => ToolChoice.None,
        "required" => ToolChoice.Any,
        _ => throw Fault("tool_choice", $"tool_choice is '{Short(word)}'; it must be auto, none, required or name a function."),
    };

    private static HashSet<string?>? Allowed(JsonElement body) =>
        body.Inner("tool_choice") is { } choice && choice.TextOrNull("type", "tool_choice.type") == "allowed_tools" && choice.Get("tools") is { ValueKind: JsonValueKind.Array } tools
            ? [.. tools.EnumerateArray().Where(tool => tool.ValueKind == JsonValueKind.Object).Select(tool => tool.TextOrNull("name", "tool_choice.tools"))]
            : null;

    private static IEnumerable<(JsonElement Item, string Place)> Declared(JsonElement body) => body.Get("tools") is { } declared ? List(declared, "tools") : [];

    private static bool IsCallers(JsonElement tool) => IsCustom(tool) || tool.TextOrNull("type", "tools.type") == "function";

    private static bool IsCustom(JsonElement tool) => tool.TextOrNull("type", "tools.type") == "custom";
}
