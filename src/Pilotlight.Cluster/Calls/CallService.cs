using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Pilotlight.Cluster.Calls;

/// <summary>This node's side of what nodes ask each other for to run calls.</summary>
/// <remarks>Work leaves the runtime's own scheduler at once: what is begun there would go on there.</remarks>
internal sealed class CallService(GrainId grainId, Silo silo, ILoggerFactory logging, ReceivedCalls calls) : GrainService(grainId, silo, logging), ICallService
{
    public Task<bool> HoldsAsync(string fingerprint) => Task.FromResult(calls.Holds(fingerprint));

    public Task OfferAsync(CallOffer offer)
    {
        calls.Add(offer);
        return Task.CompletedTask;
    }

    public Task<CallBatch> ReadAsync(string id) => Task.Run(() => calls.ReadAsync(id));

    public Task CancelAsync(string id) => Task.Run(() => calls.CancelAsync(id));
}
