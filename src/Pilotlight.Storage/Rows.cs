namespace Pilotlight.Storage;

/// <summary>A thread's row. Times are UTC ticks, so that every database sorts them alike.</summary>
internal sealed class ThreadRow
{
    public required string Id { get; set; }
    public string? Title { get; set; }

    /// <summary>The title as it is searched: folded here, since databases fold letters each in their own way.</summary>
    public string? FoldedTitle { get; set; }

    public string? Model { get; set; }
    public string? SystemPrompt { get; set; }
    public string? Profile { get; set; }
    public int Revision { get; set; }
    public long Version { get; set; }
    public string Owner { get; set; } = "local";
    public int DroppedTurns { get; set; }
    public long CreatedAt { get; set; }
    public long UpdatedAt { get; set; }
}

/// <summary>A message's row; its sequence is its order.</summary>
internal sealed class MessageRow
{
    public long Sequence { get; set; }
    public required string Id { get; set; }
    public required string ThreadId { get; set; }
    public required string TurnId { get; set; }
    public required string Role { get; set; }
    public required string Text { get; set; }
    public required string Status { get; set; }
    public string? Model { get; set; }
    public long? InputTokens { get; set; }
    public long? OutputTokens { get; set; }
    public long? CacheReadTokens { get; set; }
    public long? CacheWriteTokens { get; set; }

    /// <summary>Billionths of a dollar: sums stay exact, and SQLite has no decimal.</summary>
    public long? CostNanoUsd { get; set; }

    public string? Acquire { get; set; }
    public double? TtftMs { get; set; }
    public double? DurationMs { get; set; }

    /// <summary>Where the wait for the first token went, as JSON; of an answer alone.</summary>
    public string? FirstToken { get; set; }

    /// <summary>Tool names, one a line.</summary>
    public string? Tools { get; set; }

    /// <summary>What an agent's tools did, as JSON; of an answer alone.</summary>
    public string? Steps { get; set; }

    /// <summary>The files that it brings, as JSON, their bytes in its turn's prompt; of a question alone.</summary>
    public string? Attachments { get; set; }

    /// <summary>The text as it is searched.</summary>
    public string? FoldedText { get; set; }

    /// <summary>Calls that the next turn answers, as JSON; of an answer alone.</summary>
    public string? Calls { get; set; }

    public long CreatedAt { get; set; }
}

/// <summary>A turn's row.</summary>
internal sealed class TurnRow
{
    public required string Id { get; set; }
    public required string ThreadId { get; set; }
    public int State { get; set; }
    public long Epoch { get; set; }
    public required string Text { get; set; }
    public required string UserMessageId { get; set; }
    public required string AnswerMessageId { get; set; }
    public string? IdempotencyKey { get; set; }
    public string KeyId { get; set; } = "local";

    /// <summary>The last event's id; moving it on is the guarded write that an append begins with.</summary>
    public long LastEventId { get; set; }

    public long AcceptedAt { get; set; }
    public long? StartedAt { get; set; }
    public long? EndedAt { get; set; }

    /// <summary>When its end was asked for by a server that does not run it.</summary>
    public long? CancelRequestedAt { get; set; }

    /// <summary>What it asks beyond its text, as JSON: parts, functions, settings.</summary>
    public string? Prompt { get; set; }
}

/// <summary>An event's row.</summary>
internal sealed class EventRow
{
    public required string TurnId { get; set; }
    public long EventId { get; set; }
    public required string Type { get; set; }
    public required string Data { get; set; }
}

/// <summary>What a turn waits or waited with for a person.</summary>
internal sealed class ApprovalRow
{
    public required string Id { get; set; }
    public required string ThreadId { get; set; }
    public required string TurnId { get; set; }
    public required string ToolUseId { get; set; }
    public required string Tool { get; set; }

    /// <summary>What must be the same for a remembered decision to hold, beside the tool.</summary>
    public string? Subject { get; set; }

    /// <summary>The call's input, as JSON.</summary>
    public required string Input { get; set; }

    public required string Title { get; set; }
    public bool IsQuestion { get; set; }
    public bool NeedsProcess { get; set; }

    /// <summary>Of the server whose process waits.</summary>
    public long Epoch { get; set; }

    public int State { get; set; }
    public string? By { get; set; }
    public string? Message { get; set; }

    /// <summary>The input instead of the model's, as JSON.</summary>
    public string? NewInput { get; set; }

    public bool IsRemembered { get; set; }
    public long RequestedAt { get; set; }
    public long ExpiresAt { get; set; }
    public long? ResolvedAt { get; set; }

    /// <summary>What the turn had used and was booked for when it began to wait; so the four after it.</summary>
    public long InputTokens { get; set; }

    public long OutputTokens { get; set; }
    public long CacheReadTokens { get; set; }
    public long CacheWriteTokens { get; set; }
    public long CostNanoUsd { get; set; }
}

/// <summary>A counter: of epochs, or of changes to the keys.</summary>
internal sealed class EpochRow
{
    public const int Epochs = 1;
    public const int KeyChanges = 2;

    public int Id { get; set; }
    public long Value { get; set; }
}

/// <summary>A server's run: an epoch, and until when it counts as alive.</summary>
internal sealed class ServerRow
{
    public long Epoch { get; set; }
    public required string Node { get; set; }
    public long ExpiresAt { get; set; }
}

/// <summary>A key's row; its last two columns count the turns begun in a minute.</summary>
internal sealed class KeyRow
{
    public required string Id { get; set; }
    public required string Name { get; set; }
    public required byte[] Salt { get; set; }
    public required byte[] Hash { get; set; }
    public bool IsAdmin { get; set; }
    public long CreatedAt { get; set; }
    public long? LastUsedAt { get; set; }
    public long? RevokedAt { get; set; }
    public long? NanoUsdPerDay { get; set; }
    public long? NanoUsdPerMonth { get; set; }
    public long? TokensPerDay { get; set; }
    public long? TokensPerMonth { get; set; }
    public int? RequestsPerMinute { get; set; }
    public int? ConcurrentTurns { get; set; }

    /// <summary>Names, one a line.</summary>
    public string? Models { get; set; }

    /// <summary>Names, one a line.</summary>
    public string? Profiles { get; set; }

    public long RateMinute { get; set; }
    public int RateCount { get; set; }
}

/// <summary>What a key used and holds in one day (<c>2026-11-23</c>) or month (<c>2026-11</c>).</summary>
internal sealed class BudgetRow
{
    public required string KeyId { get; set; }
    public required string Period { get; set; }
    public long SpentNanoUsd { get; set; }
    public long ReservedNanoUsd { get; set; }
    public long SpentTokens { get; set; }
    public long ReservedTokens { get; set; }
}

/// <summary>A running turn's slot, what it holds of budgets, and what it has used so far.</summary>
internal sealed class LeaseRow
{
    public required string Id { get; set; }
    public required string KeyId { get; set; }
    public long Epoch { get; set; }
    public long ExpiresAt { get; set; }
    public required string Day { get; set; }
    public required string Month { get; set; }
    public long NanoUsd { get; set; }
    public long Tokens { get; set; }

    /// <summary>The model that answers; null while nothing is used.</summary>
    public string? Model { get; set; }

    public long InputTokens { get; set; }
    public long OutputTokens { get; set; }
    public long CacheReadTokens { get; set; }
    public long CacheWriteTokens { get; set; }
    public long CostNanoUsd { get; set; }
}

/// <summary>What one key used of one model on one day.</summary>
internal sealed class UsageRow
{
    public required string KeyId { get; set; }
    public required string Day { get; set; }
    public required string Model { get; set; }
    public long Turns { get; set; }
    public long InputTokens { get; set; }
    public long OutputTokens { get; set; }
    public long CacheReadTokens { get; set; }
    public long CacheWriteTokens { get; set; }
    public long CostNanoUsd { get; set; }
}
