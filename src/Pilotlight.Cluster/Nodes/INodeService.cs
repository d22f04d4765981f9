using Orleans;
using Orleans.Concurrency;
using Orleans.Services;

namespace Pilotlight.Cluster.Nodes;

/// <summary>What nodes ask each other for, each by its address.</summary>
[Alias("pilotlight.node")]
internal interface INodeService : IGrainService
{
    /// <summary>Tells what a node is like now; nobody waits for the answer.</summary>
    [OneWay]
    [Alias("tell")]
    Task TellAsync(NodeNews news);

    /// <summary>A running turn's events after one, once there are any; none when a moment has passed without.</summary>
    [Alias("read")]
    [ResponseTimeout("00:00:05")]
    Task<EventBatch> ReadAsync(string turnId, long afterId);

    /// <summary>Has it look at its turns now.</summary>
    [Alias("look")]
    [ResponseTimeout("00:00:05")]
    Task LookAsync();

    /// <summary>Has it let go of a thread's process.</summary>
    [Alias("forget")]
    [ResponseTimeout("00:00:05")]
    Task ForgetAsync(string threadId);
}

/// <summary>What a node is like, as JSON: another release may know more or less of it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("pilotlight.news")]
internal sealed record NodeNews
{
    /// <summary>The node.</summary>
    [Id(0)]
    public required Orleans.Runtime.SiloAddress Silo { get; init; }

    /// <summary>A <see cref="Core.Nodes.NodeState"/> in UTF-8.</summary>
    [Id(1)]
    public required byte[] State { get; init; }
}

/// <summary>Events of a turn, in order.</summary>
[GenerateSerializer]
[Immutable]
[Alias("pilotlight.events")]
internal sealed record EventBatch
{
    /// <summary>The first one's id; those after it count on by one.</summary>
    [Id(0)]
    public long FirstId { get; init; }

    /// <summary>Their types.</summary>
    [Id(1)]
    public string[] Types { get; init; } = [];

    /// <summary>Their JSON.</summary>
    [Id(2)]
    public string[] Data { get; init; } = [];

    /// <summary>Whether the turn runs there; if not, the store knows the rest.</summary>
    [Id(3)]
    public bool IsRunning { get; init; }
}
