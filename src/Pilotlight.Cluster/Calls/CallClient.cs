using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace Pilotlight.Cluster.Calls;

/// <summary>The services of single nodes, by their addresses.</summary>
internal sealed class CallClient(IServiceProvider services) : GrainServiceClient<ICallService>(services)
{
    public ICallService Of(SiloAddress silo) => GetGrainService(silo);
}
