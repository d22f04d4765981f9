namespace Pilotlight.Storage;

/// <summary>A thread's row. Times are UTC ticks, so that every database sorts them alike.</summary>
internal sealed class ThreadRow
{
    public required string Id { get; set; }
    public string? Title { get; set; }
    public string? Model { get; set; }
    public string? SystemPrompt { get; set; }
    public string? Profile { get; set; }
    public int Revision { get; set; }
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

    /// <summary>Tool names, one a line.</summary>
    public string? Tools { get; set; }

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
    public long AcceptedAt { get; set; }
    public long? StartedAt { get; set; }
    public long? EndedAt { get; set; }
}

/// <summary>An event's row.</summary>
internal sealed class EventRow
{
    public required string TurnId { get; set; }
    public long EventId { get; set; }
    public required string Type { get; set; }
    public required string Data { get; set; }
}

/// <summary>The one row that counts epochs.</summary>
internal sealed class EpochRow
{
    public int Id { get; set; }
    public long Value { get; set; }
}
