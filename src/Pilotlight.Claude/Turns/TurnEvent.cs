using System.Text.Json;

namespace Pilotlight.Claude.Turns;

/// <summary>Something that happened in a turn, in the order in which it happened.</summary>
/// <remarks>
/// A turn yields one <see cref="TurnStarted"/>, then any number of the others, and ends with exactly one
/// <see cref="TurnCompleted"/>, <see cref="TurnFailed"/> or <see cref="TurnCancelled"/>; or, in a conversation with declarations
/// that its caller answers, with <see cref="TurnAwaitsTools"/>, and in one whose profile asks, with <see cref="TurnAwaitsApproval"/>.
/// </remarks>
public abstract record TurnEvent
{
    private protected TurnEvent()
    {
    }
}

/// <summary>How a turn came by its process.</summary>
public enum AcquireSource
{
    /// <summary>A process was started for it.</summary>
    Cold,

    /// <summary>A process that was parked, initialized and waiting took it.</summary>
    Warm,

    /// <summary>The conversation's own process, alive since an earlier turn, took it.</summary>
    Hot,
}

/// <summary>A process has the turn.</summary>
/// <param name="Source">Where the process came from.</param>
/// <param name="Acquire">The time from asking for a process to having it, replay of earlier turns included.</param>
public sealed record TurnStarted(AcquireSource Source, TimeSpan Acquire) : TurnEvent;

/// <summary>More of the answer's text.</summary>
public sealed record TextDelta(string Text) : TurnEvent;

/// <summary>What was streamed so far of the message in progress is void: the model starts it over.</summary>
public sealed record TextReset : TurnEvent;

/// <summary>More of the model's thinking.</summary>
public sealed record ThinkingDelta(string Text) : TurnEvent
{
    /// <summary>
    /// All of the thinking that ends here, as a block of the Messages API with the API's own signature, to be told to it again. Default: null, in the middle
    /// of it and wherever a process keeps it.
    /// </summary>
    public JsonElement? Block { get; init; }
}

/// <summary>The model called a tool.</summary>
public sealed record ToolStarted(string ToolUseId, string Name, JsonElement Input) : TurnEvent;

/// <summary>A tool returned.</summary>
/// <param name="ToolUseId">The model's id for the call.</param>
/// <param name="IsError">Whether it failed.</param>
/// <param name="Summary">The beginning of what it returned.</param>
public sealed record ToolFinished(string ToolUseId, bool IsError, string? Summary) : TurnEvent
{
    /// <summary>All text that it returned; null for none.</summary>
    public string? Result { get; init; }
}

/// <summary>A subagent, or a program in the background, began, got on, or ended.</summary>
/// <remarks>
/// What is null is as it was told before. A turn goes on until the subagents that it began have ended, and the model has said what it makes of their reports;
/// a program of a shell may go on after it, and what becomes of that is told at the beginning of the conversation's next turn.
/// </remarks>
/// <param name="TaskId">Names the task within its process.</param>
/// <param name="Status"><c>running</c>, <c>completed</c>, <c>failed</c>, <c>stopped</c>, <c>paused</c> or <c>pending</c>; null where it is as before.</param>
public sealed record TaskUpdated(string TaskId, string? Status) : TurnEvent
{
    /// <summary><c>agent</c>, <c>shell</c>, or the CLI's own word for another kind; told at the start.</summary>
    public string? Kind { get; init; }

    /// <summary>The call of a tool that began it.</summary>
    public string? ToolUseId { get; init; }

    /// <summary>The name of the subagent.</summary>
    public string? Agent { get; init; }

    /// <summary>What it is at, in words of the model's or the CLI's.</summary>
    public string? Description { get; init; }

    /// <summary>Whether the call that began it has returned while it goes on.</summary>
    public bool? IsBackground { get; init; }

    /// <summary>What came of it, in words: a subagent's report.</summary>
    public string? Summary { get; init; }

    /// <summary>The tool that it called last.</summary>
    public string? LastTool { get; init; }

    /// <summary>The task of the subagent that began it; null for the conversation itself.</summary>
    public string? ParentTaskId { get; init; }

    /// <summary>Tokens in its context; not what it used, which counts as the turn's.</summary>
    public long? Tokens { get; init; }

    /// <summary>Calls of tools so far.</summary>
    public int? ToolUses { get; init; }

    /// <summary>How long it has been at work.</summary>
    public TimeSpan? Duration { get; init; }
}

/// <summary>The API refused or dropped the request; the CLI tries again.</summary>
/// <param name="Attempt">The retry that is about to be made, from 1.</param>
/// <param name="MaxAttempts">How many retries there will be at most.</param>
/// <param name="Delay">The wait before it.</param>
/// <param name="Status">The HTTP status of the failed attempt, or null when there was none (a lost connection).</param>
public sealed record TurnRetrying(int Attempt, int MaxAttempts, TimeSpan Delay, int? Status) : TurnEvent;

/// <summary>The tokens of one turn, as the API counted them.</summary>
public sealed record TurnUsage(long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens)
{
    /// <summary>No tokens at all.</summary>
    public static TurnUsage None { get; } = new(0, 0, 0, 0);

    /// <summary>The tokens of both.</summary>
    public static TurnUsage operator +(TurnUsage one, TurnUsage other) => new(
        one.InputTokens + other.InputTokens,
        one.OutputTokens + other.OutputTokens,
        one.CacheReadTokens + other.CacheReadTokens,
        one.CacheWriteTokens + other.CacheWriteTokens);

    /// <summary>The tokens of <paramref name="whole"/> without those of <paramref name="part"/>; none of the counts is below 0.</summary>
    public static TurnUsage operator -(TurnUsage whole, TurnUsage part) => new(
        Math.Max(0, whole.InputTokens - part.InputTokens),
        Math.Max(0, whole.OutputTokens - part.OutputTokens),
        Math.Max(0, whole.CacheReadTokens - part.CacheReadTokens),
        Math.Max(0, whole.CacheWriteTokens - part.CacheWriteTokens));

    /// <summary>The higher of each count.</summary>
    public static TurnUsage Max(TurnUsage one, TurnUsage other) => new(
        Math.Max(one.InputTokens, other.InputTokens),
        Math.Max(one.OutputTokens, other.OutputTokens),
        Math.Max(one.CacheReadTokens, other.CacheReadTokens),
        Math.Max(one.CacheWriteTokens, other.CacheWriteTokens));

    /// <summary>All tokens that were in the context when the turn ended.</summary>
    public long ContextTokens => InputTokens + CacheReadTokens + CacheWriteTokens + OutputTokens;
}

/// <summary>The API counted more tokens of the turn.</summary>
/// <remarks>
/// Told when a message of the API begins and when it ends, those of subagents and of attempts that were broken off included: each is
/// billed. The turn's end tells all of it again, with what only the CLI knows added.
/// </remarks>
/// <param name="Usage">The tokens of the turn so far, from its beginning; no count ever falls.</param>
/// <param name="Model">The name of the model that answers, as the API tells it; null while only others were heard.</param>
public sealed record UsageGrew(TurnUsage Usage, string? Model) : TurnEvent;

/// <summary>The turn ended well.</summary>
/// <param name="Text">The whole answer.</param>
/// <param name="Model">The model that really answered.</param>
/// <param name="Usage">The tokens of this turn alone.</param>
/// <param name="CostUsd">The CLI's estimate of this turn's cost in US dollars, or null when it gave none.</param>
/// <param name="StopReason">The API's stop reason, <c>end_turn</c> or <c>max_tokens</c> for instance.</param>
/// <param name="TimeToFirstToken">From the start of the turn to its first text or thinking, or null without any.</param>
/// <param name="Duration">From the start of the turn to its end.</param>
public sealed record TurnCompleted(
    string Text,
    string Model,
    TurnUsage Usage,
    decimal? CostUsd,
    string? StopReason,
    TimeSpan? TimeToFirstToken,
    TimeSpan Duration) : TurnEvent
{
    /// <summary>The text that stopped the answer, where stop sequences were asked for and one did; else null.</summary>
    public string? StopSequence { get; init; }

    /// <summary>The upstream that answered; null where that is not known.</summary>
    public string? Upstream { get; init; }

    /// <summary>The tokens as the CLI itself counted them, where <see cref="Usage"/> was counted on the wire; else null.</summary>
    internal TurnUsage? CountedByCli { get; init; }

    /// <summary>The object asked for by a JSON schema, or null when none was asked for or the model gave none.</summary>
    public JsonElement? StructuredOutput { get; init; }
}

/// <summary>The turn ended without an answer, or with a part of one.</summary>
/// <param name="Error">What went wrong and what to do about it.</param>
/// <param name="PartialText">What had been streamed and not been voided.</param>
/// <param name="Usage">The tokens known to have been used.</param>
/// <param name="CostUsd">The CLI's estimate of what the attempt cost, or null when it gave none.</param>
public sealed record TurnFailed(TurnError Error, string PartialText, TurnUsage Usage, decimal? CostUsd) : TurnEvent
{
    /// <summary>The model that had begun to answer, or null when none had.</summary>
    public string? Model { get; init; }
}

/// <summary>The turn was stopped by its caller.</summary>
/// <param name="PartialText">What had been streamed and not been voided.</param>
/// <param name="Usage">The tokens known to have been used.</param>
/// <param name="CostUsd">The CLI's estimate of what the attempt cost, or null when it gave none.</param>
public sealed record TurnCancelled(string PartialText, TurnUsage Usage, decimal? CostUsd) : TurnEvent
{
    /// <summary>The model that had begun to answer, or null when none had.</summary>
    public string? Model { get; init; }
}

/// <summary>
/// The model waits for what only the caller can give: the turn goes on when the next one of the conversation brings a
/// <see cref="Conversations.UserToolResult"/> for each of these calls.
/// </summary>
/// <param name="ToolUseIds">The calls, each told before by a <see cref="ToolStarted"/>.</param>
/// <param name="PartialText">What was said so far.</param>
/// <param name="Usage">The tokens of the turn so far, from its beginning; the turn's end tells these again among its own.</param>
public sealed record TurnAwaitsTools(IReadOnlyList<string> ToolUseIds, string PartialText, TurnUsage Usage) : TurnEvent
{
    /// <summary>The model that asks, or null when that is not known.</summary>
    public string? Model { get; init; }
}

/// <summary>
/// A tool may run only after a person's yes: the turn goes on when the next one of the conversation brings a
/// <see cref="Conversations.UserToolDecision"/> for the call.
/// </summary>
/// <remarks>
/// The process waits in the conversation's place. When it is gone by then, another takes the turn up: the conversation's history must then end with the
/// turn as it is so far, the waiting call the last one in it, and the call is run by the CLI's own hand as decided. Anything else said next denies it.
/// </remarks>
/// <param name="Request">The call.</param>
/// <param name="NeedsProcess">
/// Whether only this process can go on with it, since other work of the turn is under way in it (a subagent, a server's tool): it is not to be let go, and another
/// could only be told that the call did not run.
/// </param>
/// <param name="PartialText">What was said so far.</param>
/// <param name="Usage">The tokens of the turn so far, from its beginning; the turn's end tells these again among its own.</param>
public sealed record TurnAwaitsApproval(Permissions.ToolPermissionRequest Request, bool NeedsProcess, string PartialText, TurnUsage Usage) : TurnEvent
{
    /// <summary>The model that asks, or null when that is not known.</summary>
    public string? Model { get; init; }
}
