using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pilotlight.Core.Nodes;

namespace Pilotlight.Gateway.Native;

/// <summary><c>GET /api/cluster</c>: the servers that work as one.</summary>
internal static class ClusterEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/cluster", Get)
        .WithTags("Cluster").WithName("GetCluster").WithSummary("The nodes as they are now, the one that answers first; a server that is no node of a cluster tells of itself alone.");

    private static ClusterView Get(INodes nodes) => new([.. nodes.List().Select(node => new NodeView(
        node.Name, node.State, node.Address, node.Hot.Count, node.Profiles.Sum(profile => profile.Parked), node.Running, node.Since))]);
}

/// <summary>The nodes as the API shows them.</summary>
public sealed record ClusterView(IReadOnlyList<NodeView> Nodes);

/// <summary>One node as the API shows it; <c>state</c> is <c>active</c>, <c>draining</c> or <c>silent</c>.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="State">How it is.</param>
/// <param name="Address">Where other nodes reach it; empty where there are none.</param>
/// <param name="Hot">Its processes that hold a conversation.</param>
/// <param name="Parked">Its processes that are ready and wait.</param>
/// <param name="Running">Its turns in progress.</param>
/// <param name="Since">When it began.</param>
public sealed record NodeView(string Name, string State, string Address, int Hot, int Parked, int Running, DateTimeOffset Since);
