using Pilotlight.Core.Access;
using Pilotlight.Core.Attachments;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>Where a turn is: <c>accepted → started → completed | failed | interrupted | cancelled</c>, and from started to waiting and to accepted again as often as a person is asked.</summary>
public enum TurnState
{
    /// <summary>Begun, and at rest until a person answers: no process, no place, no server has it. Before the others in order, since it has not ended.</summary>
    Waiting = -1,

    /// <summary>Stored, with the user's message; nothing has been sent to a model.</summary>
    Accepted = 0,

    /// <summary>A model may have seen it, and tools may have acted: it is never run again by itself.</summary>
    Started,

    /// <summary>Answered.</summary>
    Completed,

    /// <summary>Ended in an error.</summary>
    Failed,

    /// <summary>Broken off by the end of its server.</summary>
    Interrupted,

    /// <summary>Stopped by its user.</summary>
    Cancelled,
}

/// <summary>One question and its answer.</summary>
/// <param name="Id">Its id, <c>trn_…</c>.</param>
/// <param name="ThreadId">Its thread.</param>
/// <param name="State">Where it is.</param>
/// <param name="Text">What the user said.</param>
/// <param name="UserMessageId">The user's message.</param>
/// <param name="AnswerMessageId">The answer's message, named ahead so that clients can wait for it.</param>
/// <param name="IdempotencyKey">The caller's key for safe retries; null without one.</param>
/// <param name="KeyId">The public id of the key that asked for it; <c>local</c> without keys.</param>
public sealed record Turn(
    string Id, string ThreadId, TurnState State, string Text, string UserMessageId, string AnswerMessageId, string? IdempotencyKey, string KeyId = "local")
{
    /// <summary>The files that the user's message brings; told by the server that takes it on, and not read back with the turn.</summary>
    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => State > TurnState.Started;
}

/// <summary>An event of a turn as it is stored and sent.</summary>
/// <param name="Id">Counts from 1 within the turn.</param>
/// <param name="Type">Its name, <c>text.delta</c> for instance.</param>
/// <param name="Data">Its JSON.</param>
public sealed record StoredEvent(long Id, string Type, string Data);

/// <summary>How a turn ended, as it is stored.</summary>
/// <param name="State">Its last state.</param>
/// <param name="Answer">The answer, whole or in part; null without any.</param>
/// <param name="Bill">What it used, to be booked on its key; null when nothing is known.</param>
public sealed record TurnOutcome(TurnState State, StoredMessage? Answer, Bill? Bill = null);

/// <summary>What came of asking for a turn.</summary>
public enum AcceptStatus
{
    /// <summary>Stored; it is to be run.</summary>
    Accepted,

    /// <summary>The same key asked for the same before; nothing was stored.</summary>
    Replayed,

    /// <summary>The same key asked for something else before.</summary>
    KeyReused,

    /// <summary>The thread has a turn that has not ended.</summary>
    Busy,

    /// <summary>There is no such thread.</summary>
    NoThread,

    /// <summary>The thread has changed since it was read; nothing was stored.</summary>
    Stale,

    /// <summary>A limit of the key's forbids it; nothing was stored.</summary>
    Refused,
}

/// <summary>A turn to take on.</summary>
/// <param name="Turn">The turn.</param>
/// <param name="Epoch">The epoch of the server that runs it.</param>
/// <param name="ThreadVersion">The version that its thread was read at; null for any.</param>
/// <param name="DroppedTurns">How many of the thread's oldest turns are no longer sent; null for as many as before.</param>
/// <param name="Reservation">What to hold of its key's budgets; null without a key.</param>
/// <param name="StartsAtOnce">Whether it is started in the same transaction.</param>
/// <param name="Prompt">What it asks beyond its text, as it is stored; null for nothing.</param>
public sealed record NewTurnRequest(
    Turn Turn,
    long Epoch = 0,
    long? ThreadVersion = null,
    int? DroppedTurns = null,
    Reservation? Reservation = null,
    bool StartsAtOnce = false,
    string? Prompt = null);

/// <summary>A turn that is copied into another thread.</summary>
/// <param name="OfTurn">The turn that is copied.</param>
/// <param name="Id">The copy's id.</param>
/// <param name="UserMessageId">The copy of the user's message.</param>
/// <param name="AnswerMessageId">The copy of the answer.</param>
public sealed record CopiedTurn(string OfTurn, string Id, string UserMessageId, string AnswerMessageId);

/// <summary>What came of asking for a turn, the turn that it is about, and what came of the reservation.</summary>
public sealed record AcceptResult(AcceptStatus Status, Turn? Turn, ReserveResult? Reserved = null);
