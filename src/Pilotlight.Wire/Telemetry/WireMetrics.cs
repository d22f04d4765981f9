using System.Diagnostics;
using System.Diagnostics.Metrics;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Telemetry;

/// <summary>The relay's instruments and spans: names, numbers and times, never a word of content.</summary>
internal sealed class WireMetrics : IDisposable
{
    public const string Name = "Pilotlight.Wire";

    private static readonly ActivitySource Source = new(Name);

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _response;
    private readonly Histogram<double> _firstText;
    private readonly Counter<long> _tokens;
    private readonly Counter<long> _retries;

    public WireMetrics(IMeterFactory? factory, Func<int> processes, Func<IEnumerable<(string Upstream, bool IsUsable)>> upstreams)
    {
        _meter = factory?.Create(Name) ?? new Meter(Name);
        _duration = _meter.CreateHistogram<double>("pilotlight.wire.call.duration", "s", "From a call's arrival at the relay to its end, by outcome.");
        _response = _meter.CreateHistogram<double>("pilotlight.wire.call.time_to_response", "s", "From a call's arrival at the relay to the upstream's headers.");
        _firstText = _meter.CreateHistogram<double>("pilotlight.wire.call.time_to_first_text", "s", "From a call's arrival at the relay to the first text, thinking or tool input.");
        _tokens = _meter.CreateCounter<long>("pilotlight.wire.tokens", "{token}", "Tokens that the API told, by type.");
        _retries = _meter.CreateCounter<long>("pilotlight.wire.retries", "{retry}", "Calls that went on to another upstream.");
        _meter.CreateObservableGauge("pilotlight.wire.processes", processes, "{process}", "Processes that may call.");
        _meter.CreateObservableGauge(
            "pilotlight.wire.upstream.usable",
            () => upstreams().Select(row => new Measurement<int>(row.IsUsable ? 1 : 0, new KeyValuePair<string, object?>("upstream", row.Upstream))),
            "{upstream}",
            "1 where an upstream takes calls, 0 where it rests or cannot be reached.");
    }

    public static Activity? Start(CallInfo call, ActivityContext parent)
    {
        var activity = Source.StartActivity("wire.call", ActivityKind.Client, parent);
        activity?.SetTag("gen_ai.operation.name", "chat").SetTag("gen_ai.request.model", call.Model).SetTag("pilotlight.wire.purpose", Lower(call.Purpose));
        return activity;
    }

    public void Retried(CallRetry retry) => _retries.Add(1, new("upstream", retry.Upstream), new("status", retry.Status ?? 0));

    public void Ended(CallInfo call, CallReport report, Activity? activity)
    {
        var tags = new TagList
        {
            { "upstream", report.Upstream ?? "none" },
            { "purpose", Lower(call.Purpose) },
            { "model", report.Model ?? call.Model },
            { "outcome", Lower(report.Outcome) },
        };
        _duration.Record(report.Duration.TotalSeconds, tags);
        Record(_response, report.TimeToResponse, tags);
        Record(_firstText, report.TimeToFirstText, tags);
        foreach (var (type, count) in Counts(report.Usage))
        {
            if (count > 0)
            {
                _tokens.Add(count, new("upstream", report.Upstream), new("model", report.Model ?? call.Model), new("type", type));
            }
        }

        if (activity is null)
        {
            return;
        }

        activity.SetTag("gen_ai.response.model", report.Model)
            .SetTag("gen_ai.response.finish_reasons", report.StopReason)
            .SetTag("gen_ai.usage.input_tokens", report.Usage.InputTokens)
            .SetTag("gen_ai.usage.output_tokens", report.Usage.OutputTokens)
            .SetTag("pilotlight.wire.cache_read_tokens", report.Usage.CacheReadTokens)
            .SetTag("pilotlight.wire.cache_write_tokens", report.Usage.CacheWriteTokens)
            .SetTag("pilotlight.wire.upstream", report.Upstream)
            .SetTag("pilotlight.wire.attempts", report.Attempts)
            .SetTag("pilotlight.wire.time_to_response_ms", report.TimeToResponse?.TotalMilliseconds)
            .SetTag("pilotlight.wire.time_to_first_text_ms", report.TimeToFirstText?.TotalMilliseconds)
            .SetTag("http.response.status_code", report.Status)
            .SetTag("error.type", report.Error)
            .SetStatus(report.Outcome == CallOutcome.Completed ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        activity.Dispose();
    }

    public void Dispose() => _meter.Dispose();

    private static void Record(Histogram<double> histogram, TimeSpan? value, TagList tags)
    {
        if (value is { } time)
        {
            histogram.Record(time.TotalSeconds, tags);
        }
    }

    private static IEnumerable<(string Type, long Count)> Counts(CallUsage usage) =>
    [
        ("input", usage.InputTokens), ("output", usage.OutputTokens), ("cache_read", usage.CacheReadTokens), ("cache_write", usage.CacheWriteTokens),
    ];

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
