using System.Text.Json;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Bodies;

/// <summary>Sets a turn's parameters in the body of one of its main calls.</summary>
internal static class ParameterWriter
{
    /// <summary>Sets them; <paramref name="isFirst"/> is whether this is the turn's first main call, or the same one once more.</summary>
    /// <exception cref="JsonException">A member that has to be changed inside is not of the API's shape.</exception>
    public static void Write(JsonObjectEdit body, CallParameters parameters, bool isFirst)
    {
        foreach (var (name, value) in parameters.Extra ?? new Dictionary<string, JsonElement>())
        {
            body.Set(name, BodyJson.Write(value));
        }

        Set(body, "temperature", parameters.Temperature is { } temperature ? BodyJson.Write(temperature) : null);
        Set(body, "top_p", parameters.TopP is { } topP ? BodyJson.Write(topP) : null);
        Set(body, "top_k", parameters.TopK is { } topK ? BodyJson.Write(topK) : null);
        Set(body, "stop_sequences", parameters.StopSequences is { } stops ? BodyJson.Write(stops) : null);
        Set(body, "max_tokens", parameters.MaxTokens is { } max ? BodyJson.Write(max) : null);
        Set(body, "service_tier", parameters.ServiceTier is { } tier ? BodyJson.Write(tier) : null);
        if (parameters.ToolChoice is { } choice && (isFirst || !ForcesATool(choice)))
        {
            body.Set("tool_choice", BodyJson.Write(choice));
        }

        SetInside(body, "output_config", "effort", parameters.Effort is { } effort ? BodyJson.Write(effort) : null);
        SetInside(body, "output_config", "format", parameters.OutputFormat is { } format ? BodyJson.Write(format) : null);
        SetInside(body, "metadata", "user_id", parameters.UserId is { } user ? BodyJson.Write(user) : null);
        ThinkingWriter.Write(body, parameters);
        MessageWriter.Write(body, parameters, isFirst);
        if (parameters.StrictTools is { Count: > 0 } strict)
        {
            SetStrict(body, strict);
        }
    }

    /// <summary>Whether a tool choice leaves the model no other way than to call a tool.</summary>
    public static bool ForcesATool(JsonElement choice) =>
        choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("type", out var type) && (type.ValueEquals("any") || type.ValueEquals("tool"));

    private static void Set(JsonObjectEdit body, string name, byte[]? value)
    {
        if (value is not null)
        {
            body.Set(name, value);
        }
    }

    private static void SetInside(JsonObjectEdit body, string outer, string inner, byte[]? value)
    {
        if (value is null)
        {
            return;
        }

        var edit = JsonObjectEdit.Parse(body.Find(outer) ?? "{}"u8.ToArray());
        edit.Set(inner, value);
        body.Set(outer, edit.ToBytes());
    }

    private static void SetStrict(JsonObjectEdit body, IReadOnlyCollection<string> names)
    {
        if (body.Find("tools") is not { } tools)
        {
            return;
        }

        var elements = JsonArrayEdit.Read(tools);
        for (var i = 0; i < elements.Count; i++)
        {
            var tool = JsonObjectEdit.Parse(elements[i]);
            if (tool.Find("name") is { } name && names.Contains(JsonSerializer.Deserialize(name.Span, BodyJson.Plain.String) ?? ""))
            {
                tool.Set("strict", "true"u8.ToArray());
                elements[i] = tool.ToBytes();
            }
        }

        body.Set("tools", JsonArrayEdit.Write(elements));
    }
}
