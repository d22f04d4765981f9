using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Installation;
using Pilotlight.Wire;
using Pilotlight.Wire.Processes;

namespace Pilotlight.Claude.Network;

/// <summary>The way from the CLI's processes to the API: a relay that holds the key, unless <c>Pilotlight:Wire:Enabled</c> says otherwise.</summary>
/// <remarks>Safe for concurrent use.</remarks>
public sealed class ClaudeRelay : IAsyncDisposable
{
    // Short: the system bounds the path of a socket.
    private const string SocketName = "w";

    private readonly ProcessFolder? _folder;
    private readonly Lazy<Task> _start;

    internal ClaudeRelay(
        WireOptions wire, ClaudeOptions claude, ProcessFolders folders, ILoggerFactory loggers, IMeterFactory? meters, TimeProvider time)
    {
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

    /// <summary>Returns when it listens; begins to with the first call.</summary>
    /// <exception cref="IOException">It cannot listen; names the path.</exception>
    internal Task StartAsync() => _start.Value;

    /// <summary>Lets a process onto the wire, which it is told by its environment; null where there is no relay.</summary>
    internal WireProcess? Open(IDictionary<string, string?> environment)
    {
        if (Relay?.Open() is not { } process)
        {
            return null;
        }

        foreach (var (name, value) in process.Environment)
        {
            environment[name] = value;
        }

        return process;
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
}
