using Pilotlight.Claude.Turns;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Claude.Network;

/// <summary>A call's tokens as those of a turn.</summary>
internal static class CallTokens
{
    public static TurnUsage ToTurn(this CallUsage usage) =>
        new(usage.InputTokens, usage.OutputTokens, usage.CacheReadTokens, usage.CacheWriteTokens);
}
