using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Pilotlight.Claude.Chat;

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class ChatJson : JsonSerializerContext;
