using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pilotlight.Wire.Bodies;

/// <summary>The JSON values that are written into bodies.</summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(double))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(TextMessage))]
internal sealed partial class BodyJson : JsonSerializerContext
{
    private static BodyJson? _plain;

    /// <summary>Text outside of ASCII goes as it is, as the API's clients send it.</summary>
    public static BodyJson Plain => _plain ??= new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static byte[] Write(string value) => JsonSerializer.SerializeToUtf8Bytes(value, Plain.String);

    public static byte[] Write(int value) => JsonSerializer.SerializeToUtf8Bytes(value, Plain.Int32);

    public static byte[] Write(double value) => JsonSerializer.SerializeToUtf8Bytes(value, Plain.Double);

    public static byte[] Write(IReadOnlyList<string> value) => JsonSerializer.SerializeToUtf8Bytes(value, Plain.IReadOnlyListString);

    public static byte[] Write(TextMessage value) => JsonSerializer.SerializeToUtf8Bytes(value, Plain.TextMessage);

    public static byte[] Write(JsonElement value) => System.Text.Encoding.UTF8.GetBytes(value.GetRawText());
}

/// <summary>A message that is only text.</summary>
internal sealed record TextMessage([property: JsonPropertyName("role")] string Role, [property: JsonPropertyName("content")] string Content);
