using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Pilotlight.Core.Nodes;

namespace Pilotlight.Cluster.Nodes;

/// <summary>The instruments of the nodes; all names are here. Each node tells of all that it knows, itself among them, so any one of them may be asked.</summary>
internal sealed class NodeMetrics(INodes nodes, IMeterFactory meters) : IHostedService, IDisposable
{
    /// <summary>The meter to subscribe to.</summary>
    public const string MeterName = "Pilotlight.Cluster";

    private Meter? _meter;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _meter = meters.Create(MeterName);
        _meter.CreateObservableGauge(
            "pilotlight.cluster.nodes",
            () => nodes.List().CountBy(node => node.State, StringComparer.Ordinal).Select(state => new Measurement<int>(state.Value, new KeyValuePair<string, object?>("state", state.Key))),
            "{node}",
            "Nodes, by state.");
        Gauge("pilotlight.cluster.parked", "{process}", "Processes of a node that are ready and waiting.", node => node.Profiles.Sum(profile => profile.Parked));
        Gauge("pilotlight.cluster.starting", "{process}", "Processes of a node that are starting.", node => node.Profiles.Sum(profile => profile.Starting));
        Gauge("pilotlight.cluster.hot", "{process}", "Processes of a node that hold a conversation.", node => node.Hot.Count);
        Gauge("pilotlight.cluster.free", "{process}", "Processes that a node may have beside those that it has.", node => node.Free);
        Gauge("pilotlight.cluster.running", "{turn}", "Turns in progress on a node.", node => node.Running);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _meter?.Dispose();

    // What a silent node told last is no measurement of now.
    private void Gauge(string name, string unit, string description, Func<NodeState, int> read) => _meter!.CreateObservableGauge(
        name,
        () => nodes.List().Where(node => node.State != "silent").Select(node => new Measurement<int>(read(node), new KeyValuePair<string, object?>("node", node.Name))),
        unit,
        description);
}
