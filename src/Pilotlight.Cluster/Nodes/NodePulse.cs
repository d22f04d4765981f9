using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;
using Pilotlight.Core.Nodes;

namespace Pilotlight.Cluster.Nodes;

/// <summary>Tells the other nodes twice a second, and at once when it stops, what this one is like.</summary>
internal sealed class NodePulse(NodeClient client, ISiloStatusOracle oracle, ThisNode node, IHostApplicationLifetime lifetime, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(500);

    /// <summary>Tells it now.</summary>
    public void Tell()
    {
        var state = node.Look();
        if (state.Epoch == 0)
        {
            return; // Not ready for anything yet.
        }

        var news = new NodeNews { Silo = oracle.SiloAddress, State = JsonSerializer.SerializeToUtf8Bytes(state, NodeJson.Default.NodeState) };
        foreach (var silo in oracle.GetActiveSilos().Where(silo => !silo.Equals(oracle.SiloAddress)))
        {
            client.Of(silo).TellAsync(news).Ignore();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = lifetime.ApplicationStopping.Register(Tell);
        using var timer = new PeriodicTimer(Often, time);
        do
        {
            Tell();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
