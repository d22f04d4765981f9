using System.Text.Json;

namespace Pilotlight.Tool.Conformance;

/// <summary>The kinds of lines that a CLI prints, and which of them are new to us.</summary>
internal static class Vocabulary
{
    // Seen with 2.1.330; those that mean nothing to us are in it too.
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "assistant", "control_response/error", "control_response/success", "result/error_during_execution", "result/success",
        "stream_event/content_block_delta", "stream_event/content_block_start", "stream_event/content_block_stop",
        "stream_event/message_delta", "stream_event/message_start", "stream_event/message_stop", "stream_event/ping",
        "system/api_retry", "system/background_tasks_changed", "system/informational", "system/init", "system/status",
        "system/thinking_tokens", "user",
    };

    /// <summary>Kinds that are not known, sorted: a hint at what to look into, and no fault.</summary>
    public static IReadOnlyList<string> Unknown(IEnumerable<string> lines) =>
        [.. lines.Select(Kind).Where(kind => !Known.Contains(kind)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static string Kind(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            var type = Text(root, "type");
            var subtype = type switch
            {
                "stream_event" => root.TryGetProperty("event", out var inner) ? Text(inner, "type") : null,
                "control_response" => root.TryGetProperty("response", out var inner) ? Text(inner, "subtype") : null,
                "control_request" => root.TryGetProperty("request", out var inner) ? Text(inner, "subtype") : null,
                _ => Text(root, "subtype"),
            };
            return subtype is null ? type ?? "no type" : $"{type}/{subtype}";
        }
        catch (JsonException)
        {
            return "not JSON";
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
