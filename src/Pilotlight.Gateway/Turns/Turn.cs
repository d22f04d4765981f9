using Pilotlight.Gateway.Threads;

namespace Pilotlight.Gateway.Turns;

/// <summary>Where a turn is: <c>accepted → started → completed | failed | interrupted | cancelled</c>.</summary>
public enum TurnState
{
    /// <summary>Stored, with the user's message; nothing has been sent to a model.</summary>
    Accepted,

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
public sealed record Turn(
    string Id, string ThreadId, TurnState State, string Text, string UserMessageId, string AnswerMessageId, string? IdempotencyKey)
{
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
public sealed record TurnOutcome(TurnState State, StoredMessage? Answer);

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
}

/// <summary>What came of asking for a turn, and the turn that it is about.</summary>
public sealed record AcceptResult(AcceptStatus Status, Turn? Turn);
