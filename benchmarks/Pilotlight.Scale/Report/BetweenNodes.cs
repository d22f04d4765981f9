using System.Text.Json;
using Pilotlight.Core.Nodes;

namespace Pilotlight.Scale.Report;

/// <summary>What nodes say to each other in a second, all together: how much follows from their number, how much from their turns.</summary>
/// <remarks>
/// By the product's own periods (<c>NodePulse</c>, <c>ClusterRegistration</c>) and Orleans' defaults where it sets none: each node probes ten others a second, and tells all others its load
/// once a second. A call is two messages. A turn that is handed over is begun (and its grain looked for), then followed, a call for each batch of its events.
/// </remarks>
internal sealed record BetweenNodes(int Nodes, double TurnsHandedOverPerSecond, double StreamedPerTurn, double HotPerNode)
{
    private const int Probed = 10;

    /// <summary>Pulses.</summary>
    public double Pulses => 2.0 * Nodes * (Nodes - 1);

    /// <summary>Bytes of one pulse.</summary>
    public int PulseBytes => JsonSerializer.SerializeToUtf8Bytes(State(), JsonSerializerOptions.Web).Length;

    /// <summary>Probes and their answers.</summary>
    public double Probes => 2.0 * Nodes * Math.Min(Probed, Nodes - 1);

    /// <summary>Orleans' own news of its load.</summary>
    public double LoadNews => 1.0 * Nodes * (Nodes - 1);

    /// <summary>Calls of turns, and their answers.</summary>
    public double Turns => TurnsHandedOverPerSecond * 2 * (1 + 1 + BatchesOf(StreamedPerTurn));

    /// <summary>All messages.</summary>
    public double All => Pulses + Probes + LoadNews + Turns;

    /// <summary>Megabits a second that a node sends as pulses.</summary>
    public double PulseMbitPerNode => 2.0 * (Nodes - 1) * PulseBytes * 8 / 1e6;

    /// <summary>Connections, each for two nodes.</summary>
    public long Connections => (long)Nodes * (Nodes - 1) / 2;

    /// <summary>Batches of events of a turn whose answer comes for so long: one in 50 ms, its beginning and its end.</summary>
    public static double BatchesOf(double streamedSeconds) => 2 + (streamedSeconds / 0.05);

    private NodeState State() => new(
        "machine-000:11111", "active", "", DateTimeOffset.UnixEpoch, 3, [new NodeProfile("chat", 2, 1, 60, 60, 2, 8, 123456, 1234, "ready", null)],
        [.. Enumerable.Range(0, (int)Math.Round(HotPerNode)).Select(one => $"thr_{one:x32}")])
    {
        Epoch = 12345,
        MaxProcesses = 160,
    };
}
