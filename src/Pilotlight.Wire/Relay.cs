using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Pilotlight.Wire.Forwarding;
using Pilotlight.Wire.Listening;
using Pilotlight.Wire.Processes;
using Pilotlight.Wire.Recording;
using Pilotlight.Wire.Telemetry;
using Pilotlight.Wire.Upstreams;
using Yarp.ReverseProxy.Forwarder;

namespace Pilotlight.Wire;

/// <summary>The way between CLI processes and the Messages API: it holds the keys, the connections and the count.</summary>
/// <remarks>
/// Start it, <see cref="Open"/> a way for each process before the process is started, and dispose it after the last one has ended.
/// Safe for concurrent use.
/// </remarks>
public sealed class Relay : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    private readonly RelaySetup _setup;
    private readonly ServiceProvider _services;
    private readonly HttpMessageInvoker _network;
    private readonly HttpMessageInvoker _upstreamInvoker;
    private readonly ConnectionKeeper _keeper;
    private readonly WireMetrics _metrics;
    private readonly CallFactory _calls;
    private readonly RelayServer _server;
    private readonly ProcessTable _processes = new();
    private readonly string? _socketPath;
    private readonly bool _isReplay;
    private string[] _keys = [];
    private UpstreamSet _upstreams;
    private int _disposed;

    /// <summary>Prepares one; nothing is opened before <see cref="StartAsync"/>.</summary>
    /// <exception cref="ArgumentException">Settings are wrong; the message lists every fault.</exception>
    /// <exception cref="InvalidDataException">A file in the folder of <see cref="WireOptions.Replay"/> is no recording.</exception>
    public Relay(WireOptions options, RelaySetup setup)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(setup);
        _setup = setup;
        if (WireOptionsCheck.Faults(options) is { Count: > 0 } faults)
        {
            throw new ArgumentException("The relay's settings are wrong:\n" + string.Join('\n', faults), nameof(options));
        }

        _isReplay = options.Replay is { Length: > 0 };
        _upstreams = Create(options.Upstreams.Count > 0 ? options.Upstreams : [new UpstreamOptions { ApiKey = setup.ApiKey, BaseUrl = setup.BaseUrl }]);
        var logger = setup.LoggerFactory.CreateLogger<Relay>();
        _services = new ServiceCollection().AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance).AddLogging().AddHttpForwarder().BuildServiceProvider();
        _network = new HttpMessageInvoker(_isReplay ? new ReplayHandler(options.Replay!) : UpstreamNetwork.Create(options.ConnectTimeout, options.PingInterval, setup.ConfigureNetwork));
        _metrics = new WireMetrics(setup.MeterFactory, () => _processes.Count, () => Upstreams.Select(upstream => (upstream.Name, upstream.IsUsable)));
        HttpMessageHandler calls = new UpstreamHandler(() => Volatile.Read(ref _upstreams), _network, _metrics, setup.Time, logger);
        _upstreamInvoker = new HttpMessageInvoker(options.Record is { Length: > 0 } folder ? new RecordHandler(folder, () => Volatile.Read(ref _keys), calls, logger) : calls);
        _keeper = new ConnectionKeeper(() => Volatile.Read(ref _upstreams), _network, options.PingInterval, setup.Time, logger);
        _calls = new CallFactory(setup.Time);
        _socketPath = UnixSocket.IsSupported ? setup.SocketPath : null;
        var requests = new CliRequests(
            _processes, _calls, _services.GetRequiredService<IHttpForwarder>(), _upstreamInvoker, options.SilenceTimeout, logger);
        _server = new RelayServer(_socketPath, _services, requests.HandleAsync);
    }

    /// <summary>The path of the socket that it listens on; null on a loopback port.</summary>
    public string? SocketPath => _socketPath;

    /// <summary>Whether there is a key to make calls with; without one processes call with their own sign-in, and there are no direct calls.</summary>
    public bool HasKey => Volatile.Read(ref _upstreams).All.Any(upstream => upstream.HasCredential);

    /// <summary>The upstreams as they are known at this moment, in the order of the settings.</summary>
    public IReadOnlyList<UpstreamHealth> Upstreams =>
    [
        .. Volatile.Read(ref _upstreams).All.Select(upstream => new UpstreamHealth(
            upstream.Name, upstream.Kind, upstream.Protocol.Address, upstream.HasAnswered && upstream.Problem is null, upstream.Breaker.RestsUntil(""), upstream.Problem)),
    ];

    /// <summary>Listens, and begins to open connections to the upstreams; what cannot be reached is told by <see cref="ProbeAsync"/> and the log.</summary>
    /// <exception cref="IOException">The socket's path is too long or taken; the message says by what.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _server.StartAsync(cancellationToken);
        _keeper.Start();
    }

    /// <summary>Asks every upstream whether it can be reached, and keeps the connections; at most 2 s with the default time-outs.</summary>
    /// <remarks>Asks in a round of its own: one that is under way may have found what no longer is so.</remarks>
    public async Task<IReadOnlyList<UpstreamHealth>> ProbeAsync(CancellationToken cancellationToken = default)
    {
        await _keeper.RoundAsync(cancellationToken);
        return Upstreams;
    }

    /// <summary>Lets a process onto the wire; it is started with <see cref="WireProcess.Environment"/>.</summary>
    /// <exception cref="InvalidOperationException">
    /// The relay listens on a loopback port and has not been started, or the process is to have a socket of its own and there is no key.
    /// </exception>
    /// <exception cref="IOException">The process's own socket cannot be listened on; names the path.</exception>
    public WireProcess Open(WireProcessOptions? options = null)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        options ??= new WireProcessOptions();
        var (token, isSignedIn) = (ProcessToken.Create(), options.IsSignedIn ?? !HasKey);
        if (options.SocketPath is not { } socket)
        {
            return new WireProcess(_processes, token, ProcessEnvironment.Create(_socketPath, _server.LoopbackAddress, token, isSignedIn), isSignedIn);
        }

        if (isSignedIn)
        {
            throw new InvalidOperationException("A process with a socket of its own calls with the relay's key, and there is none. Configure one: Pilotlight:Wire:Upstreams, or ANTHROPIC_API_KEY.");
        }

        var process = new WireProcess(_processes, token, ProcessEnvironment.CreateForOwnSocket(socket), isSignedIn);
        try
        {
            process.Listening = _server.Listen(socket, process);
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Puts other upstreams or keys in the place of those there are. Calls on their way end with the old ones; processes go on.</summary>
    /// <exception cref="ArgumentException">Settings are wrong; the message lists every fault, and nothing is changed.</exception>
    public void Change(IReadOnlyList<UpstreamOptions> upstreams)
    {
        ArgumentNullException.ThrowIfNull(upstreams);
        if (upstreams.Count == 0)
        {
            throw new ArgumentException("A relay needs at least one upstream.", nameof(upstreams));
        }

        if (UpstreamFactory.Faults(upstreams).ToList() is { Count: > 0 } faults)
        {
            throw new ArgumentException("The upstreams are wrong:\n" + string.Join('\n', faults), nameof(upstreams));
        }

        Volatile.Write(ref _upstreams, Create(upstreams));
    }

    /// <summary>Makes a call of a client's own, over the same upstreams, keys, budget and count; the answer comes as it comes.</summary>
    /// <remarks>What goes wrong on the way is an answer too, in the API's shape; only cancellation is thrown.</remarks>
    /// <exception cref="InvalidOperationException">There is no key; see <see cref="HasKey"/>.</exception>
    /// <exception cref="ArgumentException">The path is not one that is open to clients.</exception>
    public async Task<DirectAnswer> SendAsync(DirectCall call, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (!HasKey)
        {
            throw new InvalidOperationException("There is no key for direct calls. Configure one: Pilotlight:Wire:Upstreams, or ANTHROPIC_API_KEY.");
        }

        using var request = DirectRequest.Create(call.Method, call.Path, call.Headers, _calls, call.Body, call.Turn);
        return await DirectAnswer.CreateAsync(await _upstreamInvoker.SendAsync(request, cancellationToken), cancellationToken);
    }

    /// <summary>Stops listening, and ends what is still on its way.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        using (var limit = new CancellationTokenSource(StopLimit, _setup.Time))
        {
            await _server.StopAsync(limit.Token);
        }

        _server.Dispose();
        await _keeper.DisposeAsync();
        _upstreamInvoker.Dispose();
        _network.Dispose();
        _metrics.Dispose();
        await _services.DisposeAsync();
    }

    private UpstreamSet Create(IEnumerable<UpstreamOptions> options)
    {
        var all = _isReplay ? [UpstreamFactory.Replay()] : options.ToList();
        _keys = [.. _keys, .. all.Select(one => one.ApiKey).OfType<string>().Where(key => key.Length > 0)];
        return new([.. all.Select(one => UpstreamFactory.Create(one, _setup.Time))]);
    }
}
