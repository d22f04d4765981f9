namespace Pilotlight.Client.Usage;

/// <summary>Where a turn's wait for its first token went, in milliseconds; together they are the whole wait.</summary>
/// <param name="GatewayMs">From the request to the adapter: access, budget, the store.</param>
/// <param name="ProcessMs">Until the turn had its process: almost nothing for a hot one, a start for a cold one.</param>
/// <param name="CliMs">The CLI's own, before it calls the API and after the API has spoken; null where the relay is off.</param>
/// <param name="NetworkMs">One round trip to the API's upstream; null where it is not known.</param>
/// <param name="ModelMs">What is left: the API and its model, and where the relay is off the CLI too.</param>
public sealed record FirstTokenWait(double GatewayMs, double ProcessMs, double? CliMs, double? NetworkMs, double ModelMs);
