using System.Text.Json.Serialization;

namespace Pilotlight.Claude.Installation;

[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class InstallationJson : JsonSerializerContext;
