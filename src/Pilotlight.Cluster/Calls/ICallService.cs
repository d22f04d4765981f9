using Orleans;
using Orleans.Concurrency;
using Orleans.Services;

namespace Pilotlight.Cluster.Calls;

/// <summary>What nodes ask each other for to run calls of the compatible APIs, each by its address.</summary>
/// <remarks>
/// A call is offered first and begins with the first read of it. So one whose offer was not answered in time never runs there, and can be run by the node that offered it; one
/// whose first read was not answered may have run, and is not run again.
/// </remarks>
[Alias("pilotlight.calls")]
internal interface ICallService : IGrainService
{
    /// <summary>Whether a live process there holds the history of this fingerprint, and calls are taken.</summary>
    [Alias("holds")]
    [ResponseTimeout("00:00:05")]
    Task<bool> HoldsAsync(string fingerprint);

    /// <summary>Leaves a call there; it is forgotten if nobody reads it soon.</summary>
    [Alias("offer")]
    [ResponseTimeout("00:00:05")]
    Task OfferAsync(CallOffer offer);

    /// <summary>Runs the call if it does not run yet, and returns what comes next of it, once there is anything; nothing when a moment has passed without.</summary>
    [Alias("read")]
    [ResponseTimeout("00:00:05")]
    Task<CallBatch> ReadAsync(string id);

    /// <summary>Stops a call: its caller has left. Nobody waits for the answer.</summary>
    [OneWay]
    [Alias("cancel")]
    Task CancelAsync(string id);
}

/// <summary>A call that a node is asked to run.</summary>
[GenerateSerializer]
[Immutable]
[Alias("pilotlight.call-offer")]
internal sealed record CallOffer
{
    /// <summary>Names it between the two nodes.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>The public id of the caller's key.</summary>
    [Id(1)]
    public required string KeyId { get; init; }

    /// <summary>The history that it goes on from, hashed.</summary>
    [Id(2)]
    public required string Fingerprint { get; init; }

    /// <summary>Which API it came by.</summary>
    [Id(3)]
    public required string Api { get; init; }

    /// <summary>The caller's own name for the conversation.</summary>
    [Id(4)]
    public string? Name { get; init; }

    /// <summary>What was sent.</summary>
    [Id(5)]
    public required byte[] Body { get; init; }
}

/// <summary>What came of a call since it was read last.</summary>
[GenerateSerializer]
[Immutable]
[Alias("pilotlight.call-batch")]
internal sealed record CallBatch
{
    /// <summary>Whether it runs, or has run.</summary>
    [Id(0)]
    public bool HasBegun { get; init; }

    /// <summary>Whether this is all of it.</summary>
    [Id(1)]
    public bool IsOver { get; init; }

    /// <summary>Why it may not run, as JSON; null when it may, and when it is this node alone that does not take it.</summary>
    [Id(2)]
    public string? Problem { get; init; }

    /// <summary><see cref="CallEvent"/>s in UTF-8; null for none.</summary>
    [Id(3)]
    public byte[]? Events { get; init; }

    /// <summary>The upstream that answered last.</summary>
    [Id(4)]
    public string? Upstream { get; init; }
}
