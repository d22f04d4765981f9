namespace Pilotlight.Core.Turns;

/// <summary>What a turn is to do.</summary>
/// <param name="Api">Which API it came by, for the figures.</param>
/// <param name="Model">The model that is asked for.</param>
/// <param name="Source">Where what happens comes from.</param>
internal sealed record TurnWork(string Api, string Model, ITurnSource Source)
{
    /// <summary>The stored turn's id, for its span; null where nothing is stored.</summary>
    public string? TurnId { get; init; }
}
