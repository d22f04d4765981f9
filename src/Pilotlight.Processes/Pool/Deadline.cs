namespace Pilotlight.Processes;

/// <summary>Times until something is due; <see cref="Timeout.InfiniteTimeSpan"/> is never.</summary>
internal static class Deadline
{
    // Timers take 49 days at most; a look a day costs nothing.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public static TimeSpan Sooner(TimeSpan one, TimeSpan other) =>
        one == Timeout.InfiniteTimeSpan ? other : other == Timeout.InfiniteTimeSpan || one < other ? one : other;

    /// <summary>What a timer takes: a time that has passed while it was reckoned is due now.</summary>
    public static TimeSpan ForTimer(TimeSpan due) =>
        due == Timeout.InfiniteTimeSpan ? due : due < TimeSpan.Zero ? TimeSpan.Zero : due < Longest ? due : Longest;
}
