using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Permissions;

/// <summary>What an MCP server asks the user while its tool runs, as questions, and the answers as the server's form takes them.</summary>
internal static class Elicitation
{
    /// <summary>The CLI's request as one for a person: a question for each field of the form, by its name.</summary>
    public static ToolPermissionRequest Read(JsonElement request, string? conversationId)
    {
        var (server, message) = (request.Property("mcp_server_name").AsString() ?? "", request.Property("message").AsString() ?? "");
        var schema = request.Property("requested_schema");
        var questions = new JsonArray();
        foreach (var (name, field) in Fields(schema))
        {
            questions.Add(new JsonObject
            {
                ["question"] = name,
                ["header"] = field.Property("title").AsString() ?? message,
                ["multiSelect"] = false,
                ["options"] = new JsonArray([.. Options(field).Select(label => new JsonObject { ["label"] = label })]),
            });
        }

        var input = new JsonObject { ["message"] = message, ["questions"] = questions };
        if (request.Property("url").AsString() is { } address)
        {
            input["url"] = address;
        }

        if (schema.ValueKind == JsonValueKind.Object)
        {
            input["requestedSchema"] = schema.ToNode();
        }

        return new ToolPermissionRequest("mcp__" + server, ToElement(input), "elicit_" + Guid.NewGuid().ToString("N"))
        {
            ConversationId = conversationId,
            IsQuestion = true,
            Reason = message,
        };
    }

    /// <summary>A decision as the CLI takes it: the answers, each of the kind that the form asks for.</summary>
    public static JsonObject ToJson(ToolPermissionRequest request, ToolDecision decision)
    {
        if (decision is not ToolAllowed { Input: { } input })
        {
            return new JsonObject { ["action"] = "decline" };
        }

        var (answers, content) = (input.Property("answers"), new JsonObject());
        foreach (var (name, field) in Fields(request.Input.Property("requestedSchema")))
        {
            if (answers.Property(name) is { ValueKind: not JsonValueKind.Undefined } answer)
            {
                content[name] = Typed(answer, field.Property("type").AsString());
            }
        }

        return new JsonObject { ["action"] = "accept", ["content"] = content };
    }

    private static JsonNode? Typed(JsonElement answer, string? type) => (type, answer.AsString()) switch
    {
        ("integer", { } text) when long.TryParse(text, CultureInfo.InvariantCulture, out var whole) => JsonValue.Create(whole),
        ("number", { } text) when double.TryParse(text, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        ("boolean", { } text) when bool.TryParse(text, out var yes) => JsonValue.Create(yes),
        _ => answer.ToNode(),
    };

    private static IEnumerable<(string Name, JsonElement Field)> Fields(JsonElement schema) =>
        schema.Property("properties") is { ValueKind: JsonValueKind.Object } properties ? properties.EnumerateObject().Select(field => (field.Name, field.Value)) : [];

    private static IEnumerable<string> Options(JsonElement field) =>
        field.Property("type").AsString() == "boolean" ? ["true", "false"] : field.Property("enum").AsStrings();

    private static JsonElement ToElement(JsonObject node)
    {
        using var document = JsonDocument.Parse(node.ToJsonString());
        return document.RootElement.Clone();
    }
}
