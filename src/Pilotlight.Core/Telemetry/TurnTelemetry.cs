using System.Diagnostics;
using System.Diagnostics.Metrics;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Core.Telemetry;

/// <summary>The spans and instruments of turns; all names are here. Nothing of what is said is ever among them.</summary>
/// <remarks>The <c>gen_ai.*</c> names follow OpenTelemetry's GenAI conventions, which are still in development.</remarks>
public sealed class TurnTelemetry : IDisposable
{
    /// <summary>The activity source and the meter to subscribe to.</summary>
    public const string Name = "Pilotlight.Turns";

    internal const string TurnSpan = "chat";
    internal const string AcquireSpan = "pilotlight.acquire";
    internal const string FirstTokenSpan = "pilotlight.first_token";
    internal const string ModelAsked = "gen_ai.request.model";
    internal const string ModelAnswered = "gen_ai.response.model";
    internal const string InputTokens = "gen_ai.usage.input_tokens";
    internal const string OutputTokens = "gen_ai.usage.output_tokens";
    internal const string Operation = "gen_ai.operation.name";
    internal const string Provider = "gen_ai.provider.name";
    internal const string ErrorType = "error.type";
    internal const string Source = "pilotlight.acquire";
    internal const string TurnId = "pilotlight.turn";
    internal const string Api = "pilotlight.api";
    internal const string End = "pilotlight.end";

    private readonly ActivitySource _source = new(Name);
    private readonly Meter _meter;
    private readonly Histogram<double> _overhead;
    private readonly Counter<long> _ended;

    /// <summary>Creates the instruments.</summary>
    public TurnTelemetry(IMeterFactory? factory = null)
    {
        _meter = factory?.Create(Name) ?? new Meter(Name);
        _overhead = _meter.CreateHistogram<double>("pilotlight.gateway.overhead", "s", "From a request's arrival to the moment when its turn is the adapter's.");
        _ended = _meter.CreateCounter<long>("pilotlight.gateway.turns.ended", "{turn}", "Turns that have ended, by API and by how.");
    }

    internal ActivitySource Activities => _source;

    internal void ObserveRunning(Func<int> count) => _meter.CreateObservableGauge(
        "pilotlight.gateway.turns.running", count, "{turn}", "Turns in progress, those that wait for a process included.");

    internal void Began(string api, TimeSpan overhead) => _overhead.Record(overhead.TotalSeconds, new KeyValuePair<string, object?>(Api, api));

    internal void Ended(string api, TurnEvent end) => _ended.Add(
        1, new KeyValuePair<string, object?>(Api, api), new KeyValuePair<string, object?>(End, EndOf(end)));

    internal static string EndOf(TurnEvent end) => end switch
    {
        TurnCompleted => "completed",
        TurnCancelled => "cancelled",
        TurnAwaitsTools => "awaits-tools",
        TurnAwaitsApproval => "awaits-approval",
        TurnFailed failed => "failed." + failed.Error.Kind,
        _ => "unknown",
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}
