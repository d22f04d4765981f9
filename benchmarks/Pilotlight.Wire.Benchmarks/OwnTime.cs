using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Globalization;

namespace Pilotlight.Wire.Benchmarks;

/// <summary>What of each call is the relay's own, measured inside it: by the events of Kestrel, YARP and the HTTP client, which share its clock.</summary>
/// <remarks>
/// From the request's arrival until it has left for the API, from the API's response until its body is passed on, and the mean time to pass on one
/// piece of it. What lies between is the API's. Safe for concurrent use.
/// </remarks>
internal sealed class OwnTime : EventListener
{
    private const int ResponseBodyBegins = 4; // YARP's ForwarderStage.ResponseContentTransferStart.

    private static readonly AsyncLocal<Stamps?> Current = new();

    private readonly ConcurrentBag<double> _times = [];

    /// <summary>Median, p99 and count in milliseconds of the calls since it was asked last, as one line.</summary>
    public string Take()
    {
        var times = new List<double>();
        while (_times.TryTake(out var time))
        {
            times.Add(time);
        }

        return times.Count == 0
            ? "no call"
            : string.Create(CultureInfo.InvariantCulture, $"{Quantiles.Of(times, 0.5):0.00} {Quantiles.Of(times, 0.99):0.00} of {times.Count}");
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name is "Microsoft-AspNetCore-Server-Kestrel" or "Yarp.ReverseProxy" or "System.Net.Http")
        {
            EnableEvents(eventSource, EventLevel.Informational);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        var now = Stopwatch.GetTimestamp();
        var stamps = Current.Value;
        switch (eventData.EventSource.Name, eventData.EventName)
        {
            case ("Microsoft-AspNetCore-Server-Kestrel", "RequestStart"):
                Current.Value = new Stamps { Came = now };
                break;
            case ("System.Net.Http", "RequestContentStop") when stamps is not null:
                stamps.Left = now;
                break;
            case ("System.Net.Http", "ResponseHeadersStop") when stamps is not null:
                stamps.Answered = now;
                break;
            case ("Yarp.ReverseProxy", "ForwarderStage") when stamps is not null && Convert.ToInt32(eventData.Payload![0], CultureInfo.InvariantCulture) == ResponseBodyBegins:
                stamps.Passing = now;
                break;

            // isRequest, contentLength, iops, readTime, writeTime, firstReadTime; times in ticks.
            case ("Yarp.ReverseProxy", "ContentTransferred") when stamps is { Left: > 0, Answered: > 0, Passing: > 0 } && eventData.Payload is [false, _, long pieces and > 0, _, long writing, ..]:
                _times.Add(Milliseconds(stamps.Left - stamps.Came) + Milliseconds(stamps.Passing - stamps.Answered) + (TimeSpan.FromTicks(writing).TotalMilliseconds / pieces));
                break;
        }
    }

    private static double Milliseconds(long ticks) => ticks * 1000.0 / Stopwatch.Frequency;

    private sealed class Stamps
    {
        public long Came { get; init; }

        public long Left { get; set; }

        public long Answered { get; set; }

        public long Passing { get; set; }
    }
}
