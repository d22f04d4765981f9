namespace Pilotlight.Wire.Forwarding;

/// <summary>Headers that the relay adds to answers.</summary>
internal static class RelayHeaders
{
    /// <summary>The name of the upstream that answered.</summary>
    public const string Upstream = "x-pilotlight-upstream";
}
