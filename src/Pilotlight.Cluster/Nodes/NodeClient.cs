using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace Pilotlight.Cluster.Nodes;

/// <summary>The services of single nodes, by their addresses: nothing has to be looked up to call one.</summary>
internal sealed class NodeClient(IServiceProvider services) : GrainServiceClient<INodeService>(services)
{
    public INodeService Of(SiloAddress silo) => GetGrainService(silo);
}
