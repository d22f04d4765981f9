using System.Globalization;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using Pilotlight.Client.Http;
using Pilotlight.Client.Problems;

namespace Pilotlight.Client.Turns;

/// <summary>Reads one turn to its end, over as many connections as that takes: each goes on after the last event that came.</summary>
/// <remarks>Of one reader. A turn that is begun is begun under one idempotency key, so that trying again never asks twice.</remarks>
internal sealed class TurnFollower : IAsyncDisposable
{
    private readonly GatewayHttp _http;
    private readonly FollowSettings _settings;
    private readonly string _threadId;
    private readonly NewTurn? _begin;
    private readonly Retries _retries;
    private readonly CancellationToken _cancellation;
    private HttpResponseMessage? _response;
    private IAsyncEnumerator<SseItem<TurnEvent>>? _events;
    private long _after;
    private bool _isTried;
    private bool _hasEnded;

    private TurnFollower(GatewayHttp http, FollowSettings settings, string threadId, CancellationToken cancellationToken)
    {
        (_http, _settings, _threadId, _cancellation) = (http, settings, threadId, cancellationToken);
        _retries = new Retries(settings.ReconnectTimeout, settings.Time);
    }

    private TurnFollower(GatewayHttp http, FollowSettings settings, string threadId, NewTurn turn, CancellationToken cancellationToken)
        : this(http, settings, threadId, cancellationToken) =>
        _begin = turn with { IdempotencyKey = turn.IdempotencyKey ?? Guid.NewGuid().ToString("N") };

    /// <summary>The turn, once the gateway has named it.</summary>
    public string? TurnId { get; private set; }

    /// <summary>One that begins a turn.</summary>
    public static TurnFollower Begin(GatewayHttp http, FollowSettings settings, string threadId, NewTurn turn, CancellationToken cancellationToken) =>
        new(http, settings, threadId, turn, cancellationToken);

    /// <summary>One that joins a turn after an event.</summary>
    public static TurnFollower Join(
        GatewayHttp http, FollowSettings settings, string threadId, string turnId, long after, CancellationToken cancellationToken) =>
        new(http, settings, threadId, cancellationToken) { TurnId = turnId, _after = after };

    /// <summary>The next event; null after the last.</summary>
    public async ValueTask<TurnEvent?> NextAsync()
    {
        while (!_hasEnded)
        {
            Exception broken;
            try
            {
                _events ??= await OpenAsync().ConfigureAwait(false);
                if (await _events.MoveNextAsync().ConfigureAwait(false))
                {
                    _retries.Progress();
                    return Take(_events.Current);
                }

                broken = new IOException("The stream ended before its turn did.");
            }
            catch (Exception fault) when (IsBreak(fault))
            {
                broken = fault;
            }

            await CloseAsync().ConfigureAwait(false);
            await _retries.WaitAsync(broken, _cancellation).ConfigureAwait(false);
        }

        return null;
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    private TurnEvent Take(SseItem<TurnEvent> item)
    {
        _after = long.TryParse(item.EventId, CultureInfo.InvariantCulture, out var id) ? id : _after;
        _hasEnded = item.Data.IsLast;
        return item.Data with { Id = _after };
    }

    private async Task<IAsyncEnumerator<SseItem<TurnEvent>>> OpenAsync()
    {
        using var request = Request();
        _response = await _http.OpenAsync(request, _cancellation).ConfigureAwait(false);
        _isTried = true;
        TurnId ??= _response.Headers.TryGetValues("x-pilotlight-turn", out var named) ? named.Single() : null;
        var stream = await _response.Content.ReadAsStreamAsync(_cancellation).ConfigureAwait(false);
        return SseParser.Create(new IdleStream(stream, _settings.IdleTimeout, _settings.Time), TurnEventReader.Read)
            .EnumerateAsync(_cancellation).GetAsyncEnumerator(_cancellation);
    }

    private HttpRequestMessage Request()
    {
        var thread = $"api/threads/{Uri.EscapeDataString(_threadId)}/turns";
        if (TurnId is null)
        {
            var begin = new HttpRequestMessage(HttpMethod.Post, thread) { Content = JsonContent.Create(NewTurnJson.Of(_begin!), TurnJsonContext.Default.NewTurnJson) };
            begin.Headers.Add("Idempotency-Key", _begin!.IdempotencyKey);
            return begin;
        }

        var join = new HttpRequestMessage(HttpMethod.Get, $"{thread}/{Uri.EscapeDataString(TurnId)}/events");
        join.Headers.Add("Last-Event-ID", _after.ToString(CultureInfo.InvariantCulture));
        return join;
    }

    // A refusal is an answer; a break is none. A gateway that was never reached is told at once.
    private bool IsBreak(Exception fault) => !_cancellation.IsCancellationRequested && fault switch
    {
        PilotlightException { Problem: { Status: null } problem, InnerException: HttpRequestException cause } =>
            problem.Kind == GatewayProblem.Unreachable && (_isTried || cause.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)),
        PilotlightException { Problem: { Status: 502 or 504 } } => true,
        PilotlightException { Problem: { Status: 503, Kind: var kind } } => TurnId is not null || kind is "stopping" or "storage-unavailable" or "",
        PilotlightException { Problem: { Status: >= 500 } } => TurnId is not null,
        IOException or HttpRequestException => true,
        _ => false,
    };

    private async ValueTask CloseAsync()
    {
        if (_events is not null)
        {
            await _events.DisposeAsync().ConfigureAwait(false);
            _events = null;
        }

        _response?.Dispose();
        _response = null;
    }
}

/// <summary>How turns are followed.</summary>
/// <param name="ReconnectTimeout">How long a broken connection is tried again.</param>
/// <param name="IdleTimeout">The silence after which a connection counts as broken.</param>
/// <param name="Time">The clock.</param>
internal sealed record FollowSettings(TimeSpan ReconnectTimeout, TimeSpan IdleTimeout, TimeProvider Time);
