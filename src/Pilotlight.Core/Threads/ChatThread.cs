using System.Text.Json.Serialization;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Steps;
using Pilotlight.Core.Attachments;

namespace Pilotlight.Core.Threads;

/// <summary>A stored conversation.</summary>
/// <param name="Id">Its id, <c>thr_…</c>.</param>
/// <param name="Title">A name for people; null until one is given.</param>
/// <param name="Model">The model asked for; null is the default.</param>
/// <param name="SystemPrompt">Its system prompt; null is the default.</param>
/// <param name="Profile">Its profile; null is the chat profile.</param>
/// <param name="Revision">Counts the changes that make a live process's memory of it stale.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it last changed.</param>
/// <param name="Owner">The public id of the key that made it; <c>local</c> without keys.</param>
/// <param name="DroppedTurns">How many of its oldest turns are no longer sent, because the context would be too long.</param>
public sealed record ChatThread(
    string Id,
    string? Title,
    string? Model,
    string? SystemPrompt,
    string? Profile,
    int Revision,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    string Owner = "local",
    int DroppedTurns = 0)
{
    /// <summary>Counts all changes of it and of its messages, so that a copy in memory knows when it is old.</summary>
    [JsonIgnore]
    public long Version { get; init; }

    /// <summary>Whether a caller may know of it.</summary>
    public bool IsVisibleTo(Caller caller) => caller.IsAdmin || caller.KeyId == Owner;
}

/// <summary>What may be changed of a thread; null leaves it as it is.</summary>
public sealed record ThreadChange(string? Title, string? Model, string? SystemPrompt, string? Profile);

/// <summary>A stored message.</summary>
/// <param name="Id">Its id, <c>msg_…</c>.</param>
/// <param name="ThreadId">Its thread.</param>
/// <param name="TurnId">The turn that it is part of.</param>
/// <param name="Role"><c>user</c> or <c>assistant</c>.</param>
/// <param name="Text">Its text; of an answer that was broken off, as much as came.</param>
/// <param name="Status"><c>complete</c>, <c>interrupted</c>, <c>cancelled</c> or <c>failed</c>.</param>
/// <param name="Model">The model that answered; null for the user's.</param>
/// <param name="Usage">The turn's tokens; null for the user's.</param>
/// <param name="CostUsd">The CLI's estimate of the turn's cost; null where there is none.</param>
/// <param name="Acquire"><c>hot</c>, <c>warm</c> or <c>cold</c>; null for the user's.</param>
/// <param name="TtftMs">Time to the first token; null for the user's.</param>
/// <param name="DurationMs">Length of the turn; null for the user's.</param>
/// <param name="Tools">Names of the tools that were called; null for none.</param>
/// <param name="CreatedAt">When it was stored.</param>
public sealed record StoredMessage(
    string Id,
    string ThreadId,
    string TurnId,
    string Role,
    string Text,
    string Status,
    string? Model,
    TurnUsage? Usage,
    decimal? CostUsd,
    string? Acquire,
    double? TtftMs,
    double? DurationMs,
    IReadOnlyList<string>? Tools,
    DateTimeOffset CreatedAt)
{
    /// <summary>Of the user's message: what its turn asks beyond the text, as it is stored; null where the text is all, or it was not read.</summary>
    [JsonIgnore]
    public string? Prompt { get; init; }

    /// <summary>Of an answer: what its agent's tools were called with and returned; null for none.</summary>
    public IReadOnlyList<MessageStep>? Steps { get; init; }

    /// <summary>Of an answer: where the wait for its first token went; null for the user's, and where it was not measured.</summary>
    public FirstTokenWait? FirstToken { get; init; }

    /// <summary>Of the user's message: the files that it brings; null for none.</summary>
    public IReadOnlyList<Attachment>? Attachments { get; init; }

    /// <summary>Of an answer: the calls whose results the next turn brings, as they are stored; null for none.</summary>
    [JsonIgnore]
    public string? Calls { get; init; }
}

/// <summary>One page of a list.</summary>
/// <param name="Items">The items.</param>
/// <param name="NextCursor">Pass it as <c>cursor</c> for the next page; null on the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);
