using Pilotlight.Wire.Upstreams;

namespace Pilotlight.Wire;

/// <summary>What a relay knows of an upstream at this moment. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Whose API it is.</param>
/// <param name="Address">Where it is reached; holds no secret.</param>
/// <param name="IsReached">Whether its last answer is newer than its last fault on the way there.</param>
/// <param name="RestsUntil">Until when it is asked only if no other can be; null when it does not rest.</param>
/// <param name="Problem">Why it could not be reached last, and what to do; null when it could.</param>
public sealed record UpstreamHealth(string Name, UpstreamKind Kind, Uri Address, bool IsReached, DateTimeOffset? RestsUntil, string? Problem)
{
    /// <summary>Whether a call that came now would go there.</summary>
    public bool IsUsable => Problem is null && RestsUntil is null;
}
