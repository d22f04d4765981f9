using System.Text.Json;

namespace Pilotlight.Claude.Protocol;

/// <summary>One line of the CLI's stream-json output.</summary>
/// <remarks>Shapes observed with CLI 2.1.330; a type that is not known here becomes a <see cref="CliUnknown"/>.</remarks>
internal abstract record CliMessage;

/// <summary><c>system/init</c>: what the CLI says of itself at the start of every turn.</summary>
internal sealed record CliInit(
    string? SessionId,
    string? Model,
    string? Version,
    string? ApiKeySource,
    IReadOnlyList<string> Tools,
    IReadOnlyList<string> Capabilities) : CliMessage;

/// <summary><c>rate_limit_event</c>: what the CLI knows of a sign-in's limits.</summary>
/// <param name="IsMet">Whether calls are refused until it is over.</param>
/// <param name="ResetsAt">When it is over; null when that is not known.</param>
internal sealed record CliRateLimit(bool IsMet, DateTimeOffset? ResetsAt) : CliMessage;

/// <summary><c>system/api_retry</c>: the API failed and the CLI will try again after <paramref name="Delay"/>.</summary>
internal sealed record CliApiRetry(int Attempt, int MaxRetries, TimeSpan Delay, int? Status, string? Error) : CliMessage;

/// <summary>A <c>stream_event</c> that opens an API message.</summary>
/// <param name="MessageId">The API's name for the message.</param>
/// <param name="Model">The model that answers.</param>
/// <param name="Usage">Tokens that were sent, and the first of the answer.</param>
/// <param name="ParentToolUseId">The call of the agent's own tool that asked; null is the conversation itself.</param>
internal sealed record CliMessageStart(string? MessageId, string? Model, CliUsage Usage, string? ParentToolUseId) : CliMessage;

/// <summary>What a content delta carries.</summary>
internal enum CliDeltaKind
{
    /// <summary>Text of the answer.</summary>
    Text,

    /// <summary>Thinking.</summary>
    Thinking,
}

/// <summary>A <c>stream_event</c> with more text or thinking.</summary>
internal sealed record CliDelta(CliDeltaKind Kind, string Text, bool IsSubagent) : CliMessage;

/// <summary>A <c>message_delta</c>: what the API message has used up.</summary>
/// <param name="StopReason">Why the model stopped; null when the message was broken off, by the API or by an interrupt.</param>
/// <param name="Usage">Tokens of the message so far; an API may leave out what its start told.</param>
/// <param name="ParentToolUseId">The call of the agent's own tool that asked; null is the conversation itself.</param>
internal sealed record CliMessageDelta(string? StopReason, CliUsage Usage, string? ParentToolUseId) : CliMessage;

/// <summary>A call of a tool, inside an <see cref="CliAssistant"/>.</summary>
internal sealed record CliToolUse(string Id, string Name, JsonElement Input);

/// <summary>What came back from a tool, inside a <see cref="CliUser"/>.</summary>
internal sealed record CliToolResult(string ToolUseId, bool IsError, string? Text);

/// <summary><c>assistant</c>: an API message (or one block of it), whole.</summary>
internal sealed record CliAssistant(
    string? MessageId,
    string? Model,
    string Text,
    IReadOnlyList<CliToolUse> ToolUses,
    CliUsage Usage,
    bool IsSubagent) : CliMessage;

/// <summary><c>user</c>: tool results, or the echo of an interrupt.</summary>
internal sealed record CliUser(IReadOnlyList<CliToolResult> ToolResults, bool IsSubagent) : CliMessage;

/// <summary>Tokens as the API counts them.</summary>
internal sealed record CliUsage(long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens);

/// <summary><c>result</c>: the only thing that ends a turn.</summary>
/// <param name="Subtype"><c>success</c> (even with <paramref name="IsError"/>), <c>error_during_execution</c>, …</param>
/// <param name="IsError">Whether the turn failed.</param>
/// <param name="Text">The answer, or the error's text.</param>
/// <param name="ApiErrorStatus">The API's status when it refused.</param>
/// <param name="TerminalReason"><c>completed</c>, <c>aborted_streaming</c>, …</param>
/// <param name="StopReason">The API's stop reason.</param>
/// <param name="TurnCount">API calls made; 0 for a line that was only taken into the history.</param>
/// <param name="Usage">Tokens of this turn.</param>
/// <param name="TotalCostUsd">Cost of the whole process so far: a running total.</param>
/// <param name="UsageByModel">Tokens of the whole process so far, by model: running totals, those of broken-off attempts and of subagents among them.</param>
/// <param name="StructuredOutput">The object asked for by a JSON schema, if one was.</param>
internal sealed record CliResult(
    string? Subtype,
    bool IsError,
    string? Text,
    int? ApiErrorStatus,
    string? TerminalReason,
    string? StopReason,
    int TurnCount,
    CliUsage Usage,
    decimal? TotalCostUsd,
    IReadOnlyDictionary<string, CliUsage> UsageByModel,
    JsonElement? StructuredOutput) : CliMessage
{
    /// <summary>What the CLI took a turn of its own for, <c>task-notification</c> for instance; null for one that was asked for.</summary>
    public string? Origin { get; init; }

    /// <summary>The CLI's name for the conversation in it.</summary>
    public string? SessionId { get; init; }
}

/// <summary><c>system/task_started</c>, <c>task_progress</c>, <c>task_updated</c>, <c>task_notification</c>: what has become of a subagent, or of a program in the background.</summary>
/// <param name="TaskId">The CLI's name for the task.</param>
/// <param name="Status"><c>running</c>, <c>completed</c>, <c>failed</c>, <c>killed</c>, …; null where only something else is told.</param>
internal sealed record CliTask(string TaskId, string? Status) : CliMessage
{
    /// <summary><c>local_agent</c>, <c>local_bash</c>, …; told at the start alone.</summary>
    public string? Type { get; init; }

    /// <summary>The call that began it.</summary>
    public string? ToolUseId { get; init; }

    /// <summary>The name of the subagent.</summary>
    public string? Agent { get; init; }

    /// <summary>What it is at, in words.</summary>
    public string? Description { get; init; }

    /// <summary>Whether the call that began it has returned, and it goes on.</summary>
    public bool? IsBackground { get; init; }

    /// <summary>What came of it, in words.</summary>
    public string? Summary { get; init; }

    /// <summary>The tool that it called last.</summary>
    public string? LastTool { get; init; }

    /// <summary>The task that began it; null for the conversation itself.</summary>
    public string? ParentTaskId { get; init; }

    /// <summary>Tokens in its context.</summary>
    public long? Tokens { get; init; }

    /// <summary>Calls of tools so far.</summary>
    public int? ToolUses { get; init; }

    /// <summary>How long it has been at work.</summary>
    public TimeSpan? Duration { get; init; }
}

/// <summary><c>system/session_state_changed</c>: whether the CLI is at work, subagents in the background included.</summary>
internal sealed record CliSessionState(bool IsIdle) : CliMessage;

/// <summary><c>command_lifecycle</c>: what became of a line of ours that had an id.</summary>
/// <param name="LineId">The line's <c>uuid</c>.</param>
/// <param name="State"><c>queued</c>, <c>started</c> or <c>completed</c>.</param>
internal sealed record CliLineState(string LineId, string? State) : CliMessage;

/// <summary>The answer to a control request of ours.</summary>
internal sealed record CliControlResponse(string RequestId, bool IsSuccess, JsonElement? Response, string? Error) : CliMessage;

/// <summary>A control request of the CLI's: a permission, a hook, a message for an in-process MCP server.</summary>
internal sealed record CliControlRequest(string RequestId, string Subtype, JsonElement Request) : CliMessage;

/// <summary>The CLI does not wait any more for the answer to a control request of its own.</summary>
internal sealed record CliControlCancel(string RequestId) : CliMessage;

/// <summary>A line that means nothing to us; <paramref name="Type"/> is null when it was not JSON at all.</summary>
internal sealed record CliUnknown(string? Type, string? Subtype) : CliMessage;
