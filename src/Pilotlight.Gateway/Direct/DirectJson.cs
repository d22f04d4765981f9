using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Pilotlight.Gateway.Direct;

// A schema that was read may be nested 64 deep, and stands further in here.
[JsonSourceGenerationOptions(MaxDepth = 128)]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class DirectJson : JsonSerializerContext;
