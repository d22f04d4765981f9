using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pilotlight.Core.Threads;

/// <summary>Where a turn's wait for its first token went, in milliseconds; together they are the whole wait.</summary>
/// <param name="GatewayMs">From the request to the adapter: access, budget, the store.</param>
/// <param name="ProcessMs">Until the turn had its process: almost nothing for a hot one, a start for a cold one.</param>
/// <param name="CliMs">The CLI's own, before it calls the API and after the API has spoken; null where the relay is off.</param>
/// <param name="NetworkMs">One round trip to the upstream, as the relay measured it last on an open connection; null where it is not known.</param>
/// <param name="ModelMs">What is left: the API and its model, and where the relay is off the CLI too.</param>
public sealed record FirstTokenWait(double GatewayMs, double ProcessMs, double? CliMs, double? NetworkMs, double ModelMs)
{
    /// <summary>As it is stored; null for null.</summary>
    public static string? Write(FirstTokenWait? wait) => wait is null ? null : JsonSerializer.Serialize(wait, FirstTokenJson.Default.FirstTokenWait);

    /// <summary>What <see cref="Write"/> wrote.</summary>
    public static FirstTokenWait? Read(string? json) => json is null ? null : JsonSerializer.Deserialize(json, FirstTokenJson.Default.FirstTokenWait);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FirstTokenWait))]
internal sealed partial class FirstTokenJson : JsonSerializerContext;
