using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pilotlight.Gateway.Responses;

/// <summary>What of a response is known from its request on: its id, and what it tells of the request again.</summary>
/// <param name="Id">The response's id.</param>
/// <param name="Model">The model as asked for.</param>
/// <param name="Echo">What it tells of the request again.</param>
internal sealed record ResponseFrame(string Id, string Model, JsonElement Echo)
{
    /// <summary>Whether a tool takes free text.</summary>
    public bool IsCustom(string tool) => Echo.ValueKind == JsonValueKind.Object && Echo.TryGetProperty("tools", out var tools) && tools.EnumerateArray().Any(
        declared => declared.TryGetProperty("type", out var type) && type.ValueEquals("custom") && declared.TryGetProperty("name", out var name) && name.ValueEquals(tool));

    /// <summary>The response with this output.</summary>
    public JsonObject Body(string status, string? model, IEnumerable<OutputItem> output)
    {
        var body = new JsonObject
        {
            ["id"] = Id,
            ["object"] = "response",
            ["created_at"] = ResponseIds.CreatedAt(Id),
            ["status"] = status,
            ["model"] = model ?? Model,
            ["output"] = new JsonArray([.. output.Select(item => JsonSerializer.SerializeToNode(item, ResponseJsonContext.Default.OutputItem))]),
            ["usage"] = null,
            ["error"] = null,
            ["incomplete_details"] = null,
        };
        if (Echo.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in Echo.EnumerateObject())
            {
                body[property.Name] = JsonNode.Parse(property.Value.GetRawText());
            }
        }

        return body;
    }
}
