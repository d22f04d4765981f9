using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Pilotlight.Simulator;

namespace Pilotlight.Testing;

/// <summary>Nodes of one cluster on this machine, a PostgreSQL and a simulator that they share.</summary>
public sealed class GatewayCluster : IAsyncDisposable
{
    private static readonly TimeSpan JoinLimit = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-nodes-");
    private readonly string[] _settings;
    private readonly GatewayProcess?[] _nodes;
    private readonly string[] _names;
    private readonly int[] _ports;
    private readonly PacketFilter? _filter;

    private GatewayCluster(PostgreSqlCluster postgres, SimulatorServer simulator, string connection, int nodes, string[] settings, PacketFilter? filter)
    {
        (Postgres, Simulator, Connection, _settings, _filter) = (postgres, simulator, connection, settings, filter);
        (_nodes, _names) = (new GatewayProcess?[nodes], new string[nodes]);

        // A node that comes back where it was takes its own place: the others need not find out first that it was gone.
        _ports = filter?.Ports ?? FreePorts.Next(nodes);
    }

    /// <summary>The key that every request to a node shows; null for none.</summary>
    public string? Key
    {
        get;
        set
        {
            field = value;
            foreach (var node in Nodes)
            {
                node.Http.DefaultRequestHeaders.Authorization = new("Bearer", value);
            }
        }
    }

    /// <summary>The build that nodes which are started from now on run; null for the one under test.</summary>
    public string? Tool { get; set; }

    public PostgreSqlCluster Postgres { get; }

    public SimulatorServer Simulator { get; }

    /// <summary>The database that the nodes share.</summary>
    public string Connection { get; }

    /// <summary>The nodes that run.</summary>
    public IEnumerable<GatewayProcess> Nodes => _nodes.OfType<GatewayProcess>();

    public GatewayProcess this[int at] => _nodes[at] ?? throw new InvalidOperationException($"Node {at} does not run.");

    /// <summary>Starts the nodes, all at once, and waits until each knows the others.</summary>
    public static Task<GatewayCluster> StartAsync(int nodes, CancellationToken cancellationToken, params string[] settings) =>
        StartAsync(nodes, null, null, cancellationToken, settings);

    /// <summary>Starts the nodes of another build, or each so that a packet filter can cut it off.</summary>
    public static async Task<GatewayCluster> StartAsync(int nodes, string? tool, PacketFilter? filter, CancellationToken cancellationToken, params string[] settings)
    {
        var postgres = await PostgreSqlCluster.StartAsync(cancellationToken);
        var simulator = await SimulatorServer.StartAsync(new SimulatorOptions { MaxRecorded = 1_000_000 }, cancellationToken);
        var cluster = new GatewayCluster(postgres, simulator, await postgres.CreateDatabaseAsync(cancellationToken), nodes, settings, filter) { Tool = tool };
        try
        {
            // The first by itself: three that compile their code at once on two processors take each other for dead.
            await cluster.StartNodeAsync(0, cancellationToken);
            await Task.WhenAll(Enumerable.Range(1, nodes - 1).Select(at => cluster.StartNodeAsync(at, cancellationToken)));
            await cluster.WaitForNodesAsync(cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a node that is not there, on its data.</summary>
    public async Task<GatewayProcess> StartNodeAsync(int at, CancellationToken cancellationToken, params string[] settings)
    {
        var environment = new Dictionary<string, string>
        {
            ["ANTHROPIC_API_KEY"] = GatewayProcess.SimulatedKey,
            ["ANTHROPIC_BASE_URL"] = Simulator.BaseAddress.ToString().TrimEnd('/'),
            ["Pilotlight__Storage__Provider"] = "PostgreSql",
            ["Pilotlight__Storage__ConnectionString"] = Connection + ";Maximum Pool Size=12",
        };
        var node = await GatewayProcess.StartAsync(
            [.. _filter is null ? [] : PacketFilter.Prefix(at), "dotnet", Tool ?? ToolUnderTest.Path],
            Path.Combine(_data.FullName, at.ToString(CultureInfo.InvariantCulture)), cancellationToken, environment,
            ["--cluster", $"--Pilotlight:Cluster:SiloPort={_ports[at]}", GatewayProcess.OneParked, .. _settings, .. settings]);
        node.Http.DefaultRequestHeaders.Authorization = Key is null ? null : new("Bearer", Key);
        _names[at] = (await node.GetAsync("/api/cluster", cancellationToken)).GetProperty("nodes")[0].GetProperty("name").GetString()!;
        return _nodes[at] = node;
    }

    /// <summary>Waits until every node that runs knows of all others that run, and of no more, and has a process parked.</summary>
    public async Task WaitForNodesAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(JoinLimit);
        foreach (var node in Nodes)
        {
            JsonElement seen;
            while (!AreAll(seen = await node.GetAsync("/api/cluster", limit.Token)))
            {
                await Task.Delay(50, limit.Token);
            }
        }

        bool AreAll(JsonElement cluster) => cluster.GetProperty("nodes").EnumerateArray().ToArray() is { } nodes && nodes.Length == Nodes.Count()
            && nodes.All(node => node.GetProperty("state").GetString() == "active" && node.GetProperty("parked").GetInt32() > 0);
    }

    /// <summary>The index of the node of a name.</summary>
    public int Find(string name) => Array.IndexOf(_names, name);

    /// <summary>The name of a node.</summary>
    public string NameOf(int at) => _names[at];

    /// <summary>Ends a node as a crash would.</summary>
    public async Task KillAsync(int at)
    {
        var node = this[at];
        _nodes[at] = null;
        await node.KillAsync();
        await node.DisposeAsync();
    }

    /// <summary>Asks a node to stop, and returns its exit code.</summary>
    public async Task<int> StopAsync(int at, CancellationToken cancellationToken)
    {
        var node = this[at];
        _nodes[at] = null;
        var code = await node.StopAsync(cancellationToken);
        await node.DisposeAsync();
        return code;
    }

    /// <summary>Sends a node a signal, as <c>STOP</c> and <c>CONT</c>.</summary>
    public void Signal(int at, string signal)
    {
        using var kill = Process.Start("/bin/kill", [$"-{signal}", this[at].Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>A node that has ended by itself is no more among those that run.</summary>
    public async Task ForgetAsync(int at)
    {
        var node = this[at];
        _nodes[at] = null;
        await node.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Nodes.Select(node => node.DisposeAsync().AsTask()));
        await Simulator.DisposeAsync();
        await Postgres.DisposeAsync();
        _data.Delete(recursive: true);
    }
}
