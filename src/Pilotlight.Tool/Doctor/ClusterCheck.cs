using Pilotlight.Cluster.Membership;
using Pilotlight.Tool.Serving;

namespace Pilotlight.Tool.Doctor;

/// <summary>What a node of a cluster needs, and which nodes there are.</summary>
internal static class ClusterCheck
{
    public static async Task<IEnumerable<Finding>> RunAsync(IConfiguration configuration, CancellationToken cancellationToken) =>
        (await ClusterReport.RunAsync(ClusterNode.OptionsOf(configuration), ClusterNode.DatabaseOf(configuration), cancellationToken))
        .Select(found => new Finding(found.Name, found.Fault is null, found.Value, found.Fault));
}
