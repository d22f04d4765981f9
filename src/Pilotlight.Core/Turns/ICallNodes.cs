using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;

namespace Pilotlight.Core.Turns;

/// <summary>A call's turn, as its connection sees it.</summary>
internal interface ICallTurn
{
    /// <summary>The upstream that answered last; null while none has.</summary>
    string? Upstream { get; }

    /// <summary>What the caller is told, the end last.</summary>
    IAsyncEnumerable<TurnEvent> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Stops it; one that has ended hears nothing of this.</summary>
    Task CancelAsync();
}

/// <summary>A call of a compatible API, as one node hands it to another.</summary>
/// <param name="KeyId">The public id of the caller's key: what it may do is looked up again.</param>
/// <param name="Fingerprint">The history that it goes on from, hashed.</param>
/// <param name="Api">Which API it came by: <c>openai</c> (chat completions) or <c>anthropic</c> (messages).</param>
/// <param name="Name">The caller's own name for the conversation; null for none.</param>
/// <param name="Body">What was sent.</param>
internal sealed record HandedCall(string KeyId, string Fingerprint, string Api, string? Name, ReadOnlyMemory<byte> Body);

/// <summary>A call's turn that another node runs.</summary>
/// <param name="Turn">The turn.</param>
/// <param name="Node">That node's name.</param>
internal sealed record HandedTurn(ICallTurn Turn, string Node);

/// <summary>The other nodes, where several servers work as one: who has the process that holds a call's history.</summary>
/// <remarks>
/// A help to be quick: a call that no other node takes is run here, its history replayed. It is run once, whatever becomes of the other node: one that may have begun it and
/// does not answer any more ends it as a failure, which its caller is told. Safe for concurrent use.
/// </remarks>
internal interface ICallNodes
{
    /// <summary>What this server is called among them; null where it is alone.</summary>
    string? Name { get; }

    /// <summary>Has the node that holds the call's history run it; null where that is to be done here.</summary>
    /// <exception cref="ProblemException">That node says that it may not run.</exception>
    ValueTask<HandedTurn?> BeginAsync(HandedCall call);
}

/// <summary>This node's side of that: runs calls that others hand over.</summary>
internal interface ICallHost
{
    /// <summary>Whether a live process holds the history of this fingerprint.</summary>
    bool Holds(string fingerprint);

    /// <summary>Begins one.</summary>
    /// <exception cref="ProblemException">It may not run, or there is no room for it.</exception>
    Task<ICallTurn> BeginAsync(HandedCall call, Caller caller, long arrivedAt);
}
