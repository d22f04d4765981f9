using System.Text.Json;
using Pilotlight.Core.Problems;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Reads the body of a compatible call; every fault names the place and what to do.</summary>
internal static class CallBody
{
    /// <summary>The fault of one parameter.</summary>
    public static ProblemException Fault(string place, string detail) => RequestProblems.Parameter(place, detail);

    /// <summary>The body as the object that it must be.</summary>
    public static JsonElement Object(JsonElement body) =>
        body.ValueKind == JsonValueKind.Object ? body : throw Fault("body", $"The body is {Kind(body)}; it must be an object.");

    /// <summary>The value, unless it is absent or null.</summary>
    public static JsonElement? Get(this JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;

    /// <summary>The value, when it is an object.</summary>
    public static JsonElement? Inner(this JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.Get(name) is { ValueKind: JsonValueKind.Object } value ? value : null;

    public static string Text(this JsonElement item, string name, string place) =>
        item.TextOrNull(name, place) ?? throw Fault(place, $"{place} is missing.");

    public static string? TextOrNull(this JsonElement item, string name, string place) => item.Get(name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        null => null,
        { } other => throw Fault(place, $"{place} is {Kind(other)}; it must be a string."),
    };

    /// <summary>Texts that are one string or a list of them; empty ones are none.</summary>
    public static IReadOnlyList<string> Texts(this JsonElement item, string name) => item.Get(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } text => text.ValueEquals("") ? [] : [text.GetString()!],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Where(text => text.ValueKind != JsonValueKind.Null)
            .Select((text, at) => text.ValueKind == JsonValueKind.String ? text.GetString()! : throw Fault(name, $"{name}[{at}] is {Kind(text)}; it must be a string."))
            .Where(text => text.Length > 0)],
        { } other => throw Fault(name, $"{name} is {Kind(other)}; it must be a string, or a list of them."),
    };

    public static bool Flag(this JsonElement item, string name, string place) => item.Get(name) switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        { } other => throw Fault(place, $"{place} is {Kind(other)}; it must be true or false."),
    };

    /// <summary>A whole number above 0, however it is written: 100.0 is 100.</summary>
    public static int? Positive(this JsonElement item, string name, string place) => item.Get(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.GetDouble() is >= 1 and < double.PositiveInfinity and var value && value == Math.Floor(value) => (int)Math.Min(value, int.MaxValue),
        { } other => throw Fault(place, $"{place} is {Kind(other)}; it must be a whole number above 0."),
    };

    /// <summary>A number from 0 to a greatest one.</summary>
    public static double? UpTo(this JsonElement item, string name, double most) => item.Get(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } number when number.GetDouble() is >= 0 and var value && value <= most => value,
        { } other => throw Fault(name, $"{name} is {Kind(other)}; it must be a number from 0 to {most}."),
    };

    public static IEnumerable<(JsonElement Item, string Place)> List(JsonElement value, string place) =>
        value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().Select((item, at) => item.ValueKind == JsonValueKind.Object
                ? (item, $"{place}[{at}]")
                : throw Fault($"{place}[{at}]", $"{place}[{at}] is {Kind(item)}; it must be an object."))
            : throw Fault(place, $"{place} is {Kind(value)}; it must be a list.");

    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Number => Short(value.GetRawText()),
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };

    public static string Short(string text) => text.Length > 60 ? string.Concat(text.AsSpan(0, 60), "…") : text;
}
