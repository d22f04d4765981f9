using Orleans;

namespace Pilotlight.Cluster.Threads;

/// <summary>A thread, on the node that has it: whoever calls it reaches that node, and where there is none one is chosen.</summary>
[Alias("pilotlight.thread")]
internal interface IThreadGrain : IGrainWithStringKey
{
    /// <summary>Has that node take a turn on.</summary>
    [Alias("begin")]
    [ResponseTimeout("00:00:02")]
    Task<TurnReply> BeginAsync(TurnCall call);

    /// <summary>Has that node make the thread ready for its next turn, behind this call.</summary>
    [Alias("warm")]
    [ResponseTimeout("00:00:02")]
    Task<bool> WarmAsync();
}

/// <summary>A turn that a node is asked to take on.</summary>
[GenerateSerializer]
[Immutable]
[Alias("pilotlight.turn-call")]
internal sealed record TurnCall
{
    /// <summary>What it is going to be called.</summary>
    [Id(0)]
    public required string TurnId { get; init; }

    /// <summary>The public id of the caller's key: what it may do is looked up again.</summary>
    [Id(1)]
    public required string KeyId { get; init; }

    /// <summary>In which thread.</summary>
    [Id(2)]
    public required string ThreadId { get; init; }

    /// <summary>What the user says.</summary>
    [Id(3)]
    public required string Text { get; init; }

    /// <summary>Makes a retry safe.</summary>
    [Id(4)]
    public string? IdempotencyKey { get; init; }

    /// <summary>An ended turn to take out.</summary>
    [Id(5)]
    public string? Replaces { get; init; }

    /// <summary>What it asks beyond its text, as it is stored.</summary>
    [Id(6)]
    public string? Prompt { get; init; }
}

/// <summary>What a node says to that.</summary>
[GenerateSerializer]
[Immutable]
[Alias("pilotlight.turn-reply")]
internal sealed record TurnReply
{
    /// <summary>The node.</summary>
    [Id(0)]
    public string Node { get; init; } = "";

    /// <summary>The turn; null when it cannot be.</summary>
    [Id(1)]
    public string? TurnId { get; init; }

    /// <summary>Whether its key had taken it on before.</summary>
    [Id(2)]
    public bool IsReplay { get; init; }

    /// <summary>Why it cannot be, as JSON; null when it can, and when the node takes nothing at all now.</summary>
    [Id(3)]
    public string? Problem { get; init; }
}
