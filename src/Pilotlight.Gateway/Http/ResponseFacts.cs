using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Turns;

namespace Pilotlight.Gateway.Http;

/// <summary>What every response says about itself: what the gateway cost, and how warm it was.</summary>
/// <remarks>
/// <c>x-pilotlight-overhead-ms</c> is the time from the request's arrival to the moment when the turn is the adapter's; where there
/// is no turn, to the first byte of the response.
/// </remarks>
internal sealed class ResponseFacts(long arrivedAt, TimeProvider time)
{
    private const string OverheadHeader = "x-pilotlight-overhead-ms";
    private const string AcquireHeader = "x-pilotlight-acquire";

    private const string Ignored = "x-pilotlight-ignored";

    private const string Simulated = "x-pilotlight-simulated";

    private const string RouteHeader = "x-pilotlight-route";
    private const string NodeHeader = "x-pilotlight-node";
    private const string UpstreamHeader = "x-pilotlight-upstream";

    private IReadOnlyList<string> _ignored = [];
    private string? _route;
    private Func<string?>? _upstream;
    private TimeSpan? _overhead;
    private RunningTurn? _turn;
    private LimitWords _words;

    /// <summary>When the request arrived, as a timestamp.</summary>
    public long ArrivedAt => arrivedAt;

    /// <summary>The gateway's own time so far.</summary>
    public TimeSpan Overhead => _overhead ?? time.GetElapsedTime(arrivedAt);

    /// <summary>The node that took the turn on; null where servers do not work as nodes.</summary>
    public string? Node { get; set; }

    /// <summary>Where the turn's process came from, once it has one.</summary>
    public string? Source { get; private set; }

    public static ResponseFacts Of(HttpContext http) => http.Features.Get<ResponseFacts>()
        ?? throw new InvalidOperationException("UsePilotlightGateway is missing: it adds what every response says about itself.");

    /// <summary>Adds the headers to every response; the first of all stages.</summary>
    public static IApplicationBuilder Use(IApplicationBuilder app, TimeProvider time, bool isSimulated) => app.Use((http, next) =>
    {
        var facts = new ResponseFacts(time.GetTimestamp(), time);
        http.Features.Set(facts);
        http.Response.OnStarting(() =>
        {
            facts.Write(http.Response.Headers);
            if (isSimulated)
            {
                http.Response.Headers[Simulated] = "true";
            }

            return Task.CompletedTask;
        });
        return next(http);
    });

    /// <summary>From here on it is the adapter's time.</summary>
    public void TurnBegins(IReadOnlyList<string> ignored)
    {
        _ignored = ignored;
        _overhead = time.GetElapsedTime(arrivedAt);
    }

    /// <summary>Which way a call takes, and who answers it as far as that is known when the response begins.</summary>
    public void Routed(string route, Func<string?> upstream) => (_route, _upstream) = (route, upstream);

    /// <summary>Which limits hold for the turn: its key's, and the API's as far as they are known when the response begins.</summary>
    public void Limited(RunningTurn turn, LimitWords words) => (_turn, _words) = (turn, words);

    /// <summary>The turn has a process.</summary>
    public void Acquired(AcquireSource source) => Source = TurnEventJson.Name(source);

    /// <summary>Writes what a thread's turn took, and how warm it was.</summary>
    public static void Write(IHeaderDictionary headers, LiveTurn turn)
    {
        headers[OverheadHeader] = Milliseconds(turn.Overhead);
        WriteSource(headers, turn.Acquire);
    }

    /// <summary>Writes where a turn's process came from; null where it is not known.</summary>
    public static void WriteSource(IHeaderDictionary headers, string? source) => headers[AcquireHeader] = source ?? "none";

    private static string Milliseconds(TimeSpan span) => span.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture);

    private void Write(IHeaderDictionary headers)
    {
        if (!headers.ContainsKey(OverheadHeader))
        {
            headers[OverheadHeader] = Milliseconds(Overhead);
        }

        if (!headers.ContainsKey(AcquireHeader))
        {
            WriteSource(headers, Source);
        }

        if (_route is not null)
        {
            headers[RouteHeader] = _route;
        }

        if (Node is not null)
        {
            headers[NodeHeader] = Node;
        }

        if (_upstream?.Invoke() is { } upstream)
        {
            headers[UpstreamHeader] = upstream;
        }

        if (_turn is not null)
        {
            RateHeaders.Write(headers, _words, _turn.Lease.Rate, _turn.ApiLimits, time.GetUtcNow());
        }

        if (_ignored.Count > 0)
        {
            headers[Ignored] = string.Join(", ", _ignored);
        }
    }
}
