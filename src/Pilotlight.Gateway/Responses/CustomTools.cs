using System.Text.Json;

namespace Pilotlight.Gateway.Responses;

/// <summary>Custom tools, which take free text, as functions of one string: the model here knows no others.</summary>
internal static class CustomTools
{
    private const string Parameter = "input";

    /// <summary>What such a function takes.</summary>
    public static JsonElement Schema { get; } = JsonElement.Parse(
        """{"type":"object","properties":{"input":{"type":"string","description":"The tool's whole input, as free text."}},"required":["input"]}""");

    /// <summary>The free text of a call.</summary>
    public static string InputOf(JsonElement input) =>
        input.ValueKind == JsonValueKind.Object && input.TryGetProperty(Parameter, out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : input.GetRawText();

    /// <summary>Free text as a call's input.</summary>
    public static JsonElement Input(string text) => JsonSerializer.SerializeToElement(new Dictionary<string, string> { [Parameter] = text }, CustomToolJson.Default.DictionaryStringString);
}

[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class CustomToolJson : System.Text.Json.Serialization.JsonSerializerContext;
