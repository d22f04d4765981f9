using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Installation;
using Pilotlight.Wire;
using Pilotlight.Wire.Processes;
using Pilotlight.Wire.Upstreams;

namespace Pilotlight.Claude.Network;

/// <summary>The way from the CLI's processes to the API: a relay that holds the key, unless <c>Pilotlight:Wire:Enabled</c> says otherwise.</summary>
/// <remarks>Safe for concurrent use.</remarks>
public sealed class ClaudeRelay : IAsyncDisposable
{
    // Short: the system bounds the path of a socket.
    private const string SocketName = "w";

    private readonly ProcessFolder? _folder;
    private readonly Lazy<Task> _start;
    private readonly UpstreamOptions _own;
    private List<string> _upstreams;

    internal ClaudeRelay(
        WireOptions wire, ClaudeOptions claude, ProcessFolders folders, ILoggerFactory loggers, IMeterFactory? meters, TimeProvider time)
    {
        _own = new UpstreamOptions { ApiKey = claude.ApiKey, BaseUrl = claude.BaseUrl };
        _upstreams = [.. wire.Upstreams.Select(Describe)];
        if (wire.Enabled)
        {
            _folder = folders.Open();
            Relay = new Relay(wire, new RelaySetup
            {
                SocketPath = Path.Combine(_folder.Temporary, SocketName),
                ApiKey = claude.ApiKey,
                BaseUrl = claude.BaseUrl,
                LoggerFactory = loggers,
                MeterFactory = meters,
                Time = time,
            });
        }

        _start = new Lazy<Task>(() => Relay?.StartAsync() ?? Task.CompletedTask);
    }

    /// <summary>The relay; null where the CLI calls the API by itself.</summary>
    public Relay? Relay { get; }

    /// <summary>Whether the key is kept here, and processes have only a token that opens this relay.</summary>
    public bool HoldsKey => Relay is { HasKey: true };

    /// <summary>Where the keys come from that are kept here, for people: never a key; null where processes have to sign in themselves.</summary>
    public string? KeySource => !HoldsKey ? null
        : _upstreams.Count > 0 ? "Pilotlight:Wire:Upstreams"
        : ClaudeHome.ApiKeySource;

    /// <summary>Returns when it listens; begins to with the first call.</summary>
    /// <exception cref="IOException">It cannot listen; names the path.</exception>
    internal Task StartAsync() => _start.Value;

    /// <summary>Lets a process onto the wire, which it is told by its environment; null where there is no relay.</summary>
    /// <param name="environment">Where it is told.</param>
    /// <param name="socketPath">The path of a socket that is to be its own, so that it needs no token; null for none.</param>
    internal WireProcess? Open(IDictionary<string, string?> environment, string? socketPath = null)
    {
        if (Relay?.Open(new WireProcessOptions { SocketPath = socketPath }) is not { } process)
        {
            return null;
        }

        foreach (var (name, value) in process.Environment)
        {
            environment[name] = value;
        }

        return process;
    }

    /// <summary>Has calls from now on use these upstreams and keys, or the host's own when there are none; processes go on.</summary>
    /// <returns>Whether they differ from the ones there were.</returns>
    /// <exception cref="ArgumentException">They are wrong; the message lists every fault, and nothing is changed.</exception>
    /// <exception cref="InvalidOperationException">None has a key now; processes that live were started without a sign-in of their own.</exception>
    internal bool Change(IList<UpstreamOptions> upstreams)
    {
        List<string> described = [.. upstreams.Select(Describe)];
        if (Relay is null || described.SequenceEqual(_upstreams))
        {
            return false;
        }

        UpstreamOptions[] used = upstreams.Count > 0 ? [.. upstreams] : [_own];
        if (HoldsKey && !used.Any(upstream => upstream.HasCredential()))
        {
            throw new InvalidOperationException("None of them has a key, and the processes that live have no sign-in of their own. Give one a key, or restart.");
        }

        Relay.Change(used);
        _upstreams = described;
        return true;
    }

    /// <summary>Stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Relay is not null)
        {
            await Relay.DisposeAsync();
            _folder!.Dispose();
        }
    }

    // All of it, so that any difference is one.
    private static string Describe(UpstreamOptions one) => JsonSerializer.Serialize(one);
}
