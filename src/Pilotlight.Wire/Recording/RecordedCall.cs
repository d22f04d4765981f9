using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pilotlight.Wire.Recording;

/// <summary>A call and its answer, as they lie in a folder. Immutable; holds no credential.</summary>
/// <param name="Key">What the call is found by.</param>
/// <param name="Path">The path with its query.</param>
/// <param name="Request">The request's body.</param>
/// <param name="Status">The answer's status.</param>
/// <param name="Headers">The answer's headers.</param>
/// <param name="Response">The answer's body, as text.</param>
internal sealed record RecordedCall(
    string Key, string Path, JsonElement Request, int Status, IReadOnlyDictionary<string, string> Headers, string Response)
{
    private static readonly RecordingJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public string ToJson() => JsonSerializer.Serialize(this, Json.RecordedCall);

    /// <exception cref="JsonException">It is no recording.</exception>
    public static RecordedCall Read(string json) =>
        JsonSerializer.Deserialize(json, Json.RecordedCall) ?? throw new JsonException("A recording cannot be null.");
}

[JsonSerializable(typeof(RecordedCall))]
internal sealed partial class RecordingJson : JsonSerializerContext;
