namespace Pilotlight.Core.Access;

/// <summary>How many turns a key may begin in a minute of the clock.</summary>
/// <param name="Limit">How many.</param>
/// <param name="Remaining">How many are left of them.</param>
/// <param name="SecondsLeft">When the next minute begins.</param>
public sealed record RateState(int Limit, int Remaining, int SecondsLeft);
