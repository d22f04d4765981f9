using Pilotlight.Core.Access;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>A turn that somebody asks for, whichever node is to run it.</summary>
/// <param name="Id">What it is going to be called: chosen before anything is stored, so that of two nodes that try only one can take it on.</param>
/// <param name="Caller">Who asks.</param>
/// <param name="ThreadId">In which thread.</param>
/// <param name="Text">What the user says.</param>
internal sealed record TurnRequest(string Id, Caller Caller, string ThreadId, string Text)
{
    /// <summary>Makes a retry safe; null for none.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>An ended turn of the thread to take out once this one is taken on; null for none.</summary>
    public string? Replaces { get; init; }

    /// <summary>What it asks beyond its text; null for nothing.</summary>
    public Prompt? Prompt { get; init; }
}

/// <summary>A turn that was taken on, here or elsewhere.</summary>
/// <param name="Turn">The turn.</param>
/// <param name="Live">It, as it runs here; null where it runs elsewhere or has ended.</param>
/// <param name="IsReplay">Whether its key had taken it on before.</param>
internal sealed record BegunTurn(Turn Turn, LiveTurn? Live, bool IsReplay)
{
    /// <summary>The node that took it on; null where servers do not work as nodes.</summary>
    public string? Node { get; init; }
}

/// <summary>The other nodes, where several servers work as one: who has a thread's process, and is to have its turns.</summary>
/// <remarks>
/// A help to be quick, and nothing that what is right depends on: the store decides which turn there is and whose it is. So none of these throws for a node that does not
/// answer, and none waits for one longer than a deadline. Safe for concurrent use.
/// </remarks>
internal interface ITurnNodes
{
    /// <summary>What this server is called among them; null where it is alone.</summary>
    string? Name { get; }

    /// <summary>Has the node that a thread belongs to take a turn on; null where that is to be done here.</summary>
    /// <exception cref="Problems.ProblemException">That node says that it cannot be.</exception>
    ValueTask<BegunTurn?> BeginAsync(TurnRequest request);

    /// <summary>Has the node that a thread belongs to make it ready; false where that is to be done here.</summary>
    ValueTask<bool> WarmAsync(ChatThread thread);

    /// <summary>Has the others let go of a thread's process.</summary>
    Task ForgetAsync(string threadId);

    /// <summary>Has the node of an epoch look at its turns now; false when there is no such node.</summary>
    ValueTask<bool> LookAsync(long epoch);

    /// <summary>A turn's events after one: what is stored of it, then what another node that runs it tells, for as long as that one answers; null where servers are alone.</summary>
    IAsyncEnumerable<StoredEvent>? Follow(string turnId, long afterId, CancellationToken cancellationToken);
}

/// <summary>No other nodes.</summary>
internal sealed class NoOtherNodes : ITurnNodes, ICallNodes
{
    public string? Name => null;

    public ValueTask<BegunTurn?> BeginAsync(TurnRequest request) => default;

    public ValueTask<HandedTurn?> BeginAsync(HandedCall call) => default;

    public ValueTask<bool> WarmAsync(ChatThread thread) => default;

    public Task ForgetAsync(string threadId) => Task.CompletedTask;

    public ValueTask<bool> LookAsync(long epoch) => default;

    public IAsyncEnumerable<StoredEvent>? Follow(string turnId, long afterId, CancellationToken cancellationToken) => null;
}
