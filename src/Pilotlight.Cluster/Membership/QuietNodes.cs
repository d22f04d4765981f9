using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Pilotlight.Cluster.Nodes;

namespace Pilotlight.Cluster.Membership;

/// <summary>Finds out quickly that a node was killed: one that has gone quiet is knocked at, and where nobody listens any more its process is gone.</summary>
/// <remarks>
/// A machine refuses a connection that no process listens for, which is a surer sign than silence: a frozen node, a lost machine and a broken network answer nothing, and are
/// left to the runtime, whose nodes vote. Nodes that stop in order close their door too, and say so before. A mistake would cost the node's running turns and nothing else: the
/// store takes no more writes of its epoch.
/// </remarks>
internal sealed partial class QuietNodes(
    NodeTable nodes, NodeDeaths deaths, IClusterMembershipService membership, ISiloStatusOracle oracle, TimeProvider time, ILogger<QuietNodes> logger) : BackgroundService
{
    private const int Knocks = 2;

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    private readonly Dictionary<SiloAddress, int> _refused = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await Task.WhenAll(nodes.ListQuiet().Where(silo => oracle.GetApproximateSiloStatus(silo) == SiloStatus.Active).Select(silo => LookAsync(silo, stoppingToken)).ToArray());
        }
    }

    private async Task LookAsync(SiloAddress silo, CancellationToken cancellationToken)
    {
        var isRefused = await IsRefusedAsync(silo.Endpoint, cancellationToken);
        int refused;
        lock (_refused)
        {
            _refused[silo] = refused = isRefused ? _refused.GetValueOrDefault(silo) + 1 : 0;
        }

        if (refused == Knocks)
        {
            await deaths.GoneAsync(silo);
            await DeclareDeadAsync(silo);
        }
    }

    // So that the runtime looks there for no thread any more; else each call would wait for its deadline until the votes are in.
    private async Task DeclareDeadAsync(SiloAddress silo)
    {
        try
        {
            await membership.TryKill(silo);
        }
        catch (Exception fault)
        {
            LogNotDeclared(logger, silo, fault.Message);
        }
    }

    private async Task<bool> IsRefusedAsync(IPEndPoint door, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var socket = new Socket(door.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(door, either.Token);
            return false;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {Node} refuses connections and could not be declared dead, which is left to the votes: {Cause}")]
    private static partial void LogNotDeclared(ILogger logger, SiloAddress node, string cause);
}
