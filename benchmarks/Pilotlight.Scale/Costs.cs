namespace Pilotlight.Scale;

/// <summary>What things take, as it was measured (docs/performance.md says how); a time is that of one core which has nothing else to do.</summary>
internal static class Costs
{
    /// <summary>The start of a process, until it is parked.</summary>
    public static readonly TimeSpan Start = TimeSpan.FromMilliseconds(400);

    /// <summary>To the first token of a turn on its conversation's own process, the model's wait not counted.</summary>
    public static readonly TimeSpan Hot = TimeSpan.FromMilliseconds(29);

    /// <summary>The same on a process that was parked, a stored history included.</summary>
    public static readonly TimeSpan Warm = TimeSpan.FromMilliseconds(62);

    /// <summary>The same on a process that was made ready for the conversation before.</summary>
    public static readonly TimeSpan Ready = TimeSpan.FromMilliseconds(50);

    /// <summary>Making a parked process ready for a conversation.</summary>
    public static readonly TimeSpan MakeReady = TimeSpan.FromMilliseconds(80);

    /// <summary>From one node to another, one way.</summary>
    public static readonly TimeSpan Hop = TimeSpan.FromMilliseconds(0.5);

    /// <summary>The model's own wait before its first token.</summary>
    public static readonly TimeSpan Model = TimeSpan.FromMilliseconds(400);

    /// <summary>Tokens that the model says in a second.</summary>
    public const double TokensPerSecond = 60;

    /// <summary>Cores that a turn takes while its answer comes, CLI and gateway together.</summary>
    public const double StreamingCores = 0.12;

    /// <summary>Cores that a process takes while it does nothing.</summary>
    public const double SilentCores = 0.0065;

    /// <summary>Memory of a parked process, MiB.</summary>
    public const double ParkedMiB = 134;

    /// <summary>Memory of a process with a conversation in it, MiB.</summary>
    public const double HotMiB = 137;

    /// <summary>Memory of the gateway itself, MiB.</summary>
    public const double GatewayMiB = 150;

    /// <summary>To the first token of a turn, by what its conversation had.</summary>
    public static TimeSpan Of(HowItRan how) => how switch
    {
        HowItRan.Hot => Hot,
        HowItRan.Ready => Ready,
        _ => Warm,
    };
}
