using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Pilotlight.Cluster.Nodes;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Turns;

namespace Pilotlight.Cluster.Calls;

/// <summary>The calls that other nodes have left here. Safe for concurrent use.</summary>
internal sealed class ReceivedCalls(ICallHost host, NodeCallers callers, ServerEpoch epoch, TurnPlaces places, TimeProvider time, ILogger<ReceivedCalls> logger)
{
    private readonly ConcurrentDictionary<string, ReceivedCall> _calls = new(StringComparer.Ordinal);

    public bool Holds(string fingerprint) => epoch.Value != 0 && !places.IsClosed && host.Holds(fingerprint);

    public void Add(CallOffer offer) => _calls[offer.Id] = new ReceivedCall(offer, host, callers, time, logger, () => _calls.TryRemove(offer.Id, out _));

    /// <summary>What comes next of one; of one that is not here, that it is not taken.</summary>
    public async Task<CallBatch> ReadAsync(string id) => _calls.TryGetValue(id, out var call) ? await call.ReadAsync() : new CallBatch { IsOver = true };

    public Task CancelAsync(string id) => _calls.TryGetValue(id, out var call) ? call.EndAsync() : Task.CompletedTask;
}
