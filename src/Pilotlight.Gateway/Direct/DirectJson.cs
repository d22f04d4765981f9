using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Pilotlight.Gateway.Direct;

[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class DirectJson : JsonSerializerContext;
