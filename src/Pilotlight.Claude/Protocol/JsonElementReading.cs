using System.Text.Json;

namespace Pilotlight.Claude.Protocol;

/// <summary>Reads that give nothing, and do not throw, when a field is missing or of another shape.</summary>
internal static class JsonElementReading
{
    public static JsonElement Property(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    public static string? AsString(this JsonElement element) =>
        element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    public static bool AsBoolean(this JsonElement element) => element.ValueKind == JsonValueKind.True;

    public static int? AsInt32(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value) ? value : null;

    public static long AsInt64(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var value) ? value : 0;

    public static double? AsDouble(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var value) ? value : null;

    // The CLI prints doubles: 0.00010029999999999998. A value beyond a decimal's range is no cost we could book.
    public static decimal? AsDecimal(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDecimal(out var value) ? value : null;

    public static IEnumerable<JsonElement> Items(this JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : [];

    public static IReadOnlyList<string> AsStrings(this JsonElement element) =>
        [.. element.Items().Select(AsString).OfType<string>()];
}
