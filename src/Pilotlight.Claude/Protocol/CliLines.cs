using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pilotlight.Claude.Protocol;

/// <summary>The lines we write to the CLI, without their line feed.</summary>
/// <remarks>
/// Every user line says <c>"client_composed":true</c>: without it the CLI reads <c>@path</c> off the server's disk and runs
/// slash commands (seen with 2.1.330).
/// </remarks>
internal static class CliLines
{
    /// <summary>A user message that asks for an answer, or with <paramref name="query"/> false is only taken into the history.</summary>
    /// <param name="writer">Takes the line.</param>
    /// <param name="content">A string, or the API's array of content blocks.</param>
    /// <param name="query">Whether the model is to answer.</param>
    /// <param name="id">A UUID under which the CLI tells what becomes of the line; null to hear nothing.</param>
    public static void User(Utf8JsonWriter writer, JsonNode content, bool query = true, string? id = null)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "user"u8);
        writer.WriteStartObject("message"u8);
        writer.WriteString("role"u8, "user"u8);
        writer.WritePropertyName("content"u8);
        content.WriteTo(writer);
        writer.WriteEndObject();
        writer.WriteBoolean("client_composed"u8, true);
        if (!query)
        {
            writer.WriteBoolean("shouldQuery"u8, false);
        }

        if (id is not null)
        {
            writer.WriteString("uuid"u8, id);
        }

        writer.WriteEndObject();
    }

    /// <summary>An assistant message for the history, as the API's array of content blocks.</summary>
    public static void Assistant(Utf8JsonWriter writer, JsonNode content)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "assistant"u8);
        writer.WriteStartObject("message"u8);
        writer.WriteString("role"u8, "assistant"u8);
        writer.WritePropertyName("content"u8);
        content.WriteTo(writer);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>A control request of ours; <paramref name="request"/> holds its <c>subtype</c> and fields.</summary>
    public static void ControlRequest(Utf8JsonWriter writer, string requestId, JsonObject request)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "control_request"u8);
        writer.WriteString("request_id"u8, requestId);
        writer.WritePropertyName("request"u8);
        request.WriteTo(writer);
        writer.WriteEndObject();
    }

    /// <summary>The answer to a control request of the CLI's: a response, or an error that says why not.</summary>
    public static void ControlResponse(Utf8JsonWriter writer, string requestId, JsonNode? response, string? error)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "control_response"u8);
        writer.WriteStartObject("response"u8);
        writer.WriteString("subtype"u8, error is null ? "success"u8 : "error"u8);
        writer.WriteString("request_id"u8, requestId);
        if (error is not null)
        {
            writer.WriteString("error"u8, error);
        }
        else
        {
            writer.WritePropertyName("response"u8);
            (response ?? new JsonObject()).WriteTo(writer);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
