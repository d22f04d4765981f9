using System.Diagnostics;
using System.Diagnostics.Metrics;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Claude.Sessions;

/// <summary>The sessions' instruments; all names are here.</summary>
/// <remarks>The <c>gen_ai.*</c> names follow OpenTelemetry's GenAI conventions, which are still in development.</remarks>
public sealed class SessionMetrics : IDisposable
{
    /// <summary>The meter to subscribe to.</summary>
    public const string MeterName = "Pilotlight.Claude";

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _timeToFirstToken;
    private readonly Histogram<long> _tokens;
    private readonly Counter<long> _ended;
    private readonly Histogram<long> _difference;

    /// <summary>Creates the instruments.</summary>
    public SessionMetrics(IMeterFactory? factory = null)
    {
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _duration = _meter.CreateHistogram<double>("gen_ai.client.operation.duration", "s", "Length of a turn.");
        _timeToFirstToken = _meter.CreateHistogram<double>("gen_ai.server.time_to_first_token", "s", "From the start of a turn to its first token.");
        _tokens = _meter.CreateHistogram<long>("gen_ai.client.token.usage", "{token}", "Tokens of a turn, by type.");
        _ended = _meter.CreateCounter<long>("pilotlight.session.ended", "{session}", "Sessions that gave up their process, by reason.");
        _difference = _meter.CreateHistogram<long>(
            "pilotlight.session.count_difference", "{token}", "Tokens of a turn that the wire counted and the CLI did not; below 0 the other way round.");
    }

    internal void ObserveHot(Func<int> count) => _meter.CreateObservableGauge(
        "pilotlight.session.hot", count, "{session}", "Conversations that have a live process.");

    internal void Completed(AcquireSource source, TurnCompleted turn)
    {
        var tags = new TagList
        {
            { "gen_ai.operation.name", "chat" },
            { "gen_ai.provider.name", "anthropic" },
            { "gen_ai.response.model", turn.Model },
            { "pilotlight.acquire", source.ToString().ToLowerInvariant() },
        };
        _duration.Record(turn.Duration.TotalSeconds, tags);
        if (turn.TimeToFirstToken is { } first)
        {
            _timeToFirstToken.Record(first.TotalSeconds, tags);
        }

        if (turn.CountedByCli is { } told)
        {
            _difference.Record(Sum(turn.Usage) - Sum(told));
        }

        Tokens("input", turn.Usage.InputTokens + turn.Usage.CacheReadTokens + turn.Usage.CacheWriteTokens);
        Tokens("output", turn.Usage.OutputTokens);

        void Tokens(string type, long count)
        {
            var typed = tags;
            typed.Add("gen_ai.token.type", type);
            _tokens.Record(count, typed);
        }
    }

    private static long Sum(TurnUsage usage) => usage.InputTokens + usage.OutputTokens + usage.CacheReadTokens + usage.CacheWriteTokens;

    internal void Ended(string reason) => _ended.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
