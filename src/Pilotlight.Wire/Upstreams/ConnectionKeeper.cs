using System.Net;
using Microsoft.Extensions.Logging;

namespace Pilotlight.Wire.Upstreams;

/// <summary>Opens connections to the upstreams before anybody needs them, and uses them now and then so that they stay open.</summary>
/// <remarks>Its first round is also the first word on whether an upstream can be reached.</remarks>
internal sealed partial class ConnectionKeeper : IAsyncDisposable
{
    // Over HTTP/1.1, where each call has a connection to itself: so many turns that start together find one each. HTTP/2 shares one.
    private const int Connections = 4;

    private readonly Func<UpstreamSet> _upstreams;
    private readonly HttpMessageInvoker _network;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public ConnectionKeeper(Func<UpstreamSet> upstreams, HttpMessageInvoker network, TimeSpan interval, TimeProvider time, ILogger logger) =>
        (_upstreams, _network, _interval, _time, _logger) = (upstreams, network, interval, time, logger);

    public void Start() => _running = RunAsync();

    /// <summary>Asks every upstream once, all at the same time.</summary>
    public Task RoundAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_upstreams().All.Select(upstream => AskAsync(upstream, cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await RoundAsync(_stopping.Token);
            using var timer = new PeriodicTimer(_interval, _time);
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                await RoundAsync(_stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The relay stops.
        }
    }

    // One first: where there is nobody, each further one would wait for its own time-out.
    private async Task AskAsync(Upstream upstream, CancellationToken cancellationToken)
    {
        var isNew = upstream.RoundTrip is null;
        var version = await ReachAsync(upstream, cancellationToken);
        if (version is not null && isNew)
        {
            await ReachAsync(upstream, cancellationToken); // The first also shook hands; this one tells the round trip.
        }

        if (version is { Major: < 2 })
        {
            await Task.WhenAll(Enumerable.Range(1, Connections - 1).Select(_ => ReachAsync(upstream, cancellationToken)));
        }
    }

    private async Task<Version?> ReachAsync(Upstream upstream, CancellationToken cancellationToken)
    {
        var answers = upstream.Answers;
        try
        {
            // Without a key: any answer says that the way is open.
            using var request = new HttpRequestMessage(HttpMethod.Head, upstream.Protocol.Address)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            };
            var sent = _time.GetTimestamp();
            using var response = await _network.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.ProxyAuthenticationRequired)
            {
                throw new HttpRequestException(null, null, response.StatusCode);
            }

            upstream.Reached();
            upstream.Measured(_time.GetElapsedTime(sent));
            return response.Version;
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            if (upstream.Answers != answers)
            {
                return null; // It has answered somebody since this was sent: the fault is no news.
            }

            var problem = ConnectionFault.Describe(upstream, fault);
            if (upstream.Problem != problem)
            {
                LogProblem(problem);
            }

            upstream.Unreached(problem);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Problem}")]
    private partial void LogProblem(string problem);
}
