using Pilotlight.Client.Usage;

namespace Pilotlight.Client.Threads;

/// <summary>A stored conversation.</summary>
/// <param name="Id">Its id, <c>thr_…</c>.</param>
/// <param name="Title">A name for people; null until one is given.</param>
/// <param name="Model">The model asked for; null is the gateway's default.</param>
/// <param name="SystemPrompt">Its system prompt; null is the default.</param>
/// <param name="Profile">Its profile; null is the chat profile.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it last changed.</param>
/// <param name="DroppedTurns">How many of its oldest turns are no longer sent, because the context would be too long.</param>
public sealed record ChatThread(
    string Id, string? Title, string? Model, string? SystemPrompt, string? Profile, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, int DroppedTurns = 0);

/// <summary>A thread to begin; what is null is the gateway's default.</summary>
public sealed record NewThread(string? Title = null, string? Model = null, string? SystemPrompt = null, string? Profile = null);

/// <summary>What is to change of a thread; null leaves it as it is.</summary>
public sealed record ThreadChange(string? Title = null, string? Model = null, string? SystemPrompt = null, string? Profile = null);

/// <summary>A stored message.</summary>
/// <param name="Id">Its id, <c>msg_…</c>.</param>
/// <param name="ThreadId">Its thread.</param>
/// <param name="TurnId">The turn that it is part of.</param>
/// <param name="Role"><c>user</c> or <c>assistant</c>.</param>
/// <param name="Text">Its text; of an answer that was broken off, as much as came.</param>
/// <param name="Status"><c>complete</c>, <c>interrupted</c>, <c>cancelled</c> or <c>failed</c>.</param>
/// <param name="Model">The model that answered; null for the user's.</param>
/// <param name="Usage">The turn's tokens; null for the user's.</param>
/// <param name="CostUsd">The estimated cost of the turn; null where there is none.</param>
/// <param name="Acquire"><c>hot</c>, <c>warm</c> or <c>cold</c>; null for the user's.</param>
/// <param name="TtftMs">Milliseconds to the first token; null for the user's.</param>
/// <param name="DurationMs">Milliseconds of the turn; null for the user's.</param>
/// <param name="Tools">Names of the tools that were called; null for none.</param>
/// <param name="CreatedAt">When it was stored.</param>
public sealed record ThreadMessage(
    string Id,
    string ThreadId,
    string TurnId,
    string Role,
    string Text,
    string Status,
    string? Model,
    TokenUsage? Usage,
    decimal? CostUsd,
    string? Acquire,
    double? TtftMs,
    double? DurationMs,
    IReadOnlyList<string>? Tools,
    DateTimeOffset CreatedAt)
{
    /// <summary>Where the wait for the answer's first token went; null for the user's, and where it was not measured.</summary>
    public FirstTokenWait? FirstToken { get; init; }

    /// <summary>The files that the user's message brings; null for none.</summary>
    public IReadOnlyList<Attachment>? Attachments { get; init; }
}

/// <summary>A file that a message brings.</summary>
/// <param name="Id">Its id, <c>att_…</c>.</param>
/// <param name="MediaType">What its bytes are.</param>
/// <param name="Name">What people call it; null without a name.</param>
/// <param name="Size">Its size in bytes.</param>
public sealed record Attachment(string Id, string MediaType, string? Name, long Size);

/// <summary>Where a fork is to begin.</summary>
internal sealed record ForkJson(string MessageId);

/// <summary>One page of a list.</summary>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);
