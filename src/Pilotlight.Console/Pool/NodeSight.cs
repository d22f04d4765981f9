using Pilotlight.Core.Nodes;

namespace Pilotlight.WebConsole.Pool;

/// <summary>One node of a cluster; what others tell of themselves is a second old.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Address">Where other nodes reach it.</param>
/// <param name="State"><c>alive</c>, <c>going</c> (it takes no new turns), or <c>silent</c> (the rest is what it told last).</param>
/// <param name="IsThis">Whether it is the one that the page comes from.</param>
/// <param name="Since">When it began.</param>
/// <param name="Running">Its turns in progress.</param>
/// <param name="Parked">Processes that are ready and wait.</param>
/// <param name="Target">How many are wanted parked.</param>
/// <param name="Starting">Processes that are being started.</param>
/// <param name="Working">Processes in a turn, or being made ready for one.</param>
/// <param name="Hot">Processes that hold a conversation between its turns.</param>
/// <param name="Free">Processes that it may have beside those.</param>
/// <param name="Profiles">What it has of each profile, in words.</param>
/// <param name="Fault">What is wrong with a profile there; null for nothing.</param>
public sealed record NodeSight(
    string Name,
    string Address,
    string State,
    bool IsThis,
    DateTimeOffset Since,
    int Running,
    int Parked,
    int Target,
    int Starting,
    int Working,
    int Hot,
    int Free,
    string Profiles,
    string? Fault)
{
    public bool IsAlive => State == "alive";

    /// <summary>The nodes, this one first; none where it is alone.</summary>
    public static IReadOnlyList<NodeSight> Of(IReadOnlyList<NodeState> nodes) => nodes.Count > 1 ? [.. nodes.Select((node, at) => Of(node, at == 0))] : [];

    private static NodeSight Of(NodeState node, bool isThis)
    {
        // Of the processes in use, those without a turn hold a conversation and wait.
        var leased = node.Profiles.Sum(profile => profile.Leased);
        var working = Math.Min(leased, node.Running);
        return new NodeSight(
            node.Name,
            node.Address,
            node.State switch { "active" => "alive", "draining" => "going", var other => other },
            isThis,
            node.Since,
            node.Running,
            node.Profiles.Sum(profile => profile.Parked),
            node.Profiles.Sum(profile => profile.Target),
            node.Profiles.Sum(profile => profile.Starting),
            working,
            leased - working,
            node.Free,
            string.Join(" · ", node.Profiles.Where(profile => profile.Parked + profile.Starting + profile.Leased + profile.Target > 0)
                .Select(profile => $"{profile.Name}: {profile.Parked} parked, {profile.Leased} in use")),
            node.Profiles.FirstOrDefault(profile => profile.State is "open" or "half-open") is { } faulty ? $"{faulty.Name}: {faulty.LastFailure ?? "its processes do not start"}" : null);
    }
}
