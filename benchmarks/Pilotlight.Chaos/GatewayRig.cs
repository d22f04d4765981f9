using System.Data.Common;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Npgsql;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>The gateway as a process of its own, and the simulator outside of it, which counts what the model was asked.</summary>
internal sealed class GatewayRig : IAsyncDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-chaos-");
    private readonly string? _postgres;
    private readonly string _file;

    private GatewayRig(SimulatorServer simulator, string? postgres, string? file) =>
        (Simulator, _postgres, _file) = (simulator, postgres, file ?? Path.Combine(_data.FullName, "pilotlight.db"));

    public SimulatorServer Simulator { get; }

    /// <param name="postgres">A connection string; null for SQLite.</param>
    /// <param name="file">SQLite's file; null for one in the data folder.</param>
    public static async Task<GatewayRig> CreateAsync(string? postgres = null, string? file = null) =>
        new(await SimulatorServer.StartAsync(new SimulatorOptions { MaxRecorded = 1_000_000 }), postgres, file);

    /// <summary>A connection of our own to the gateway's database.</summary>
    public DbConnection Connect() => _postgres is null
        ? new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _file, Pooling = false, DefaultTimeout = 5 }.ToString())
        : new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_postgres) { Pooling = false, Timeout = 5 }.ToString());

    /// <summary>Starts a gateway on the same data as the one before.</summary>
    public async Task<GatewayProcess> StartAsync(params string[] settings)
    {
        var environment = new Dictionary<string, string>
        {
            ["ANTHROPIC_API_KEY"] = "sk-ant-not-a-real-key",
            ["ANTHROPIC_BASE_URL"] = Simulator.BaseAddress.ToString().TrimEnd('/'),
        };
        if (_postgres is not null)
        {
            environment["Pilotlight__Storage__Provider"] = "PostgreSql";
            environment["Pilotlight__Storage__ConnectionString"] = _postgres;
        }
        else
        {
            environment["Pilotlight__Storage__ConnectionString"] = _file;
        }

        return await GatewayProcess.StartAsync(_data.FullName, CancellationToken.None, environment, [GatewayProcess.OneParked, .. settings]);
    }

    public async ValueTask DisposeAsync()
    {
        await Simulator.DisposeAsync();
        _data.Delete(recursive: true);
    }
}

/// <summary>The end of a command's time: what was done until then is what is reported. A signal to end is the end of it; a second one ends the program.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly long _startedAt = TimeProvider.System.GetTimestamp();
    private readonly TimeSpan _limit;
    private readonly PosixSignalRegistration[] _signals;
    private volatile bool _isAsked;

    public TimeLimit(TimeSpan limit)
    {
        _limit = limit;
        _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, End))];
    }

    public bool IsOver => _isAsked || Elapsed > _limit;

    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_startedAt);

    public void Dispose() => Array.ForEach(_signals, signal => signal.Dispose());

    private void End(PosixSignalContext context) => (context.Cancel, _isAsked) = (!_isAsked, true);
}
