using System.ComponentModel.DataAnnotations;

namespace Pilotlight.Core.Turns;

/// <summary>How turns are run and their events carried; section <c>Pilotlight:Relay</c>.</summary>
public sealed class RelayOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pilotlight:Relay";

    /// <summary>Longest wait before collected events are stored and sent; the first text goes at once. Default: 50 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan BatchDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Most collected text, in characters, before it is stored and sent. Default: 4,096.</summary>
    [Range(1, 1_048_576)]
    public int BatchSize { get; set; } = 4096;

    /// <summary>How long running turns may go on after a stop was asked for. Default: 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Most turns at a time, and never more than the pool serves or keeps waiting; further ones are refused with 503. Default: 256.</summary>
    [Range(1, 100_000)]
    public int MaxRunning { get; set; } = 256;

    /// <summary>How long a turn of a thread goes on with nobody following it; then it is cancelled. Default: 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1000000", "1.00:00:00")]
    public TimeSpan UnwatchedTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Most characters that are kept of a call's input, and of its result, with the answer; what is left out is said. Default: 32,768.</summary>
    [Range(0, 16 * 1024 * 1024)]
    public int MaxToolText { get; set; } = 32 * 1024;

    /// <summary>How long a turn's events stay after its end, for clients that follow it again; its messages stay for good. Default: 7 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan EventRetention { get; set; } = TimeSpan.FromDays(7);
}
