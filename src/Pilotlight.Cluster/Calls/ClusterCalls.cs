using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Pilotlight.Cluster.Nodes;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Cluster.Calls;

/// <summary>Finds the node whose process holds a call's history, by asking all of them at once, and hands it the call. Safe for concurrent use.</summary>
/// <remarks>
/// Asked anew for each call that goes on from something and finds nothing here: a client's next call may come at once, and what was told a moment ago would be old by then. No node
/// learns more of a history than its hash until the one that holds it is handed the call.
/// </remarks>
internal sealed partial class ClusterCalls(CallClient client, NodeTable others, NodeName name, TimeProvider time, ILogger<ClusterCalls> logger) : ICallNodes
{
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(1);

    public string Name => name.Name;

    public async ValueTask<HandedTurn?> BeginAsync(HandedCall call)
    {
        if (await FindAsync(call.Fingerprint) is not { } node)
        {
            return null;
        }

        var offer = new CallOffer { Id = Ids.New("call"), KeyId = call.KeyId, Fingerprint = call.Fingerprint, Api = call.Api, Name = call.Name, Body = call.Body.ToArray() };
        try
        {
            await client.Of(node.Silo).OfferAsync(offer).WaitAsync(AskPatience, time);
        }
        catch (Exception fault)
        {
            Doubt(node.Silo, fault);
            return null;
        }

        var turn = new RemoteCall(offer.Id, client.Of(node.Silo), fault => Doubt(node.Silo, fault), time);
        return await turn.BeginAsync() ? new HandedTurn(turn, node.State.Name) : null;
    }

    private async ValueTask<KnownNode?> FindAsync(string fingerprint)
    {
        var asked = others.List().Where(node => node is { IsSilent: false, State.State: "active" }).Select(node => AskAsync(node, fingerprint)).ToArray();
        await foreach (var answer in Task.WhenEach(asked))
        {
            if (await answer is { } holder)
            {
                return holder;
            }
        }

        return null;
    }

    private async Task<KnownNode?> AskAsync(KnownNode node, string fingerprint)
    {
        try
        {
            return await client.Of(node.Silo).HoldsAsync(fingerprint).WaitAsync(AskPatience, time) ? node : null;
        }
        catch (Exception fault)
        {
            Doubt(node.Silo, fault);
            return null;
        }
    }

    private void Doubt(SiloAddress silo, Exception fault)
    {
        others.Doubt(silo);
        LogNoAnswer(logger, silo, fault.Message);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Node {Node} did not answer in time for a call: {Cause}")]
    private static partial void LogNoAnswer(ILogger logger, SiloAddress node, string cause);
}
