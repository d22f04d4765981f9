using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Pilotlight.Cluster.Nodes;
using Pilotlight.Core.Turns;

namespace Pilotlight.Cluster.Membership;

/// <summary>Takes over the turns of nodes that the others have declared dead, or whose process is gone, without waiting for their leases.</summary>
/// <remarks>All nodes that are left do so at once, and each turn is taken over by one of them: the store sees to that. A node of which it was not heard which epoch it has is left to its lease.</remarks>
internal sealed partial class NodeDeaths(ISiloStatusOracle oracle, NodeTable nodes, ServerLife life, ILogger<NodeDeaths> logger) : IHostedService, ISiloStatusListener
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        oracle.SubscribeToSiloStatusEvents(this);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        oracle.UnSubscribeFromSiloStatusEvents(this);
        return Task.CompletedTask;
    }

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status == SiloStatus.Dead)
        {
            _ = Task.Run(() => GoneAsync(updatedSilo));
        }
    }

    /// <summary>Takes over from a node that is known to be gone; nothing happens when that was known before.</summary>
    public Task GoneAsync(SiloAddress silo) => nodes.TryForget(silo) is { Epoch: > 0 } gone ? TakeOverAsync(gone.Name, gone.Epoch) : Task.CompletedTask;

    private async Task TakeOverAsync(string name, long epoch)
    {
        try
        {
            await life.TakeOverFromAsync(epoch, CancellationToken.None);
            LogTakenOver(logger, name, epoch);
        }
        catch (Exception fault)
        {
            LogNotTakenOver(logger, name, epoch, fault.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {Node} is gone, with epoch {Epoch}: its running turns are interrupted, its threads go on here and elsewhere")]
    private static partial void LogTakenOver(ILogger logger, string node, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {Node} is gone, with epoch {Epoch}, which ends with its lease: {Cause}")]
    private static partial void LogNotTakenOver(ILogger logger, string node, long epoch, string cause);
}
