using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pilotlight.Claude.Tools;

[JsonSerializable(typeof(IDictionary<string, JsonElement>))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ToolJson : JsonSerializerContext
{
    /// <summary>Compact and unescaped: what a model reads, it pays for by the letter.</summary>
    public static ToolJson Terse { get; } = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
