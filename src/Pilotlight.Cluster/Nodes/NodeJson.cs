using System.Text.Json.Serialization;
using Pilotlight.Core.Nodes;
using Pilotlight.Core.Problems;

namespace Pilotlight.Cluster.Nodes;

/// <summary>What goes between nodes as JSON; what is not known is passed over.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NodeState))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class NodeJson : JsonSerializerContext;
