using System.Text.Json;
using Pilotlight.Client.Problems;
using Pilotlight.Client.Usage;

namespace Pilotlight.Client.Turns;

/// <summary>Something that happened in a turn. Exactly one <see cref="TurnCompleted"/>, <see cref="TurnFailed"/> or <see cref="TurnCancelled"/> ends it.</summary>
public abstract record TurnEvent
{
    /// <summary>Counts up within the turn; following it again can begin after it.</summary>
    public long Id { get; init; }

    /// <summary>Whether it ends the turn.</summary>
    public bool IsLast => this is TurnCompleted or TurnFailed or TurnCancelled;
}

/// <summary>A process has the turn.</summary>
/// <param name="TurnId">The turn.</param>
/// <param name="MessageId">The message that the answer becomes.</param>
/// <param name="Acquire">Where the process came from, and how long that took.</param>
/// <param name="Simulated">Whether the model is a simulated one.</param>
public sealed record TurnStarted(string TurnId, string MessageId, AcquiredProcess Acquire, bool Simulated = false) : TurnEvent;

/// <summary>Where a turn's process came from.</summary>
/// <param name="Source"><c>hot</c> (the conversation's own), <c>warm</c> (a parked one) or <c>cold</c> (started for it).</param>
/// <param name="Ms">Milliseconds that it took.</param>
public sealed record AcquiredProcess(string Source, double Ms);

/// <summary>More of the answer.</summary>
public sealed record TextDelta(string Text) : TurnEvent;

/// <summary>What was streamed of the answer is void; the model starts over.</summary>
public sealed record TextReset : TurnEvent;

/// <summary>More of what the model thinks.</summary>
public sealed record ThinkingDelta(string Text) : TurnEvent;

/// <summary>A tool of the gateway's was called. Named <paramref name="CallId"/> in <see cref="ToolFinished"/> too.</summary>
public sealed record ToolStarted(string CallId, string Name, JsonElement Input) : TurnEvent;

/// <summary>A call of a tool has ended.</summary>
public sealed record ToolFinished(string CallId, bool IsError, string? Summary) : TurnEvent;

/// <summary>A tool may run only after a yes: the turn waits for <see cref="PilotlightClient.AnswerApprovalAsync"/>.</summary>
/// <param name="ApprovalId">What to answer.</param>
/// <param name="Tool">The tool.</param>
/// <param name="Input">What it is called with.</param>
/// <param name="Title">What is going to be done, in words.</param>
/// <param name="ExpiresAt">When it is denied by itself.</param>
public sealed record ApprovalRequested(string ApprovalId, string Tool, JsonElement Input, string Title, DateTimeOffset ExpiresAt) : TurnEvent;

/// <summary>An approval or a question is over.</summary>
/// <param name="ApprovalId">Which.</param>
/// <param name="Decision"><c>allow</c> or <c>deny</c>.</param>
/// <param name="By">A key's id, <c>local</c>, <c>deadline</c>, <c>cancel</c> or <c>restart</c>.</param>
public sealed record ApprovalResolved(string ApprovalId, string Decision, string By) : TurnEvent;

/// <summary>The model asks its user: the turn waits for <see cref="PilotlightClient.AnswerApprovalAsync"/> with answers.</summary>
/// <param name="ApprovalId">What to answer.</param>
/// <param name="Questions">An array of questions, each with <c>question</c>, <c>options</c> and <c>multiSelect</c>.</param>
public sealed record QuestionAsked(string ApprovalId, JsonElement Questions) : TurnEvent;

/// <summary>A subagent, or a program in the background, began, got on, or ended. What is null is as it was told before.</summary>
/// <param name="TaskId">Names the task.</param>
/// <param name="Status"><c>running</c>, <c>completed</c>, <c>failed</c>, <c>stopped</c>, <c>paused</c> or <c>pending</c>.</param>
public sealed record TaskUpdated(string TaskId, string? Status) : TurnEvent
{
    /// <summary><c>agent</c>, <c>shell</c>, or another word; told at the start.</summary>
    public string? Kind { get; init; }

    /// <summary>The call of a tool that began it.</summary>
    public string? ToolUseId { get; init; }

    /// <summary>The name of the subagent.</summary>
    public string? Agent { get; init; }

    /// <summary>What it is at, in words.</summary>
    public string? Description { get; init; }

    /// <summary>Whether the call that began it has returned while it goes on.</summary>
    public bool? Background { get; init; }

    /// <summary>What came of it, in words.</summary>
    public string? Summary { get; init; }

    /// <summary>The tool that it called last.</summary>
    public string? LastTool { get; init; }

    /// <summary>The task of the subagent that began it; null for the conversation itself.</summary>
    public string? ParentTaskId { get; init; }

    /// <summary>Tokens in its context.</summary>
    public long? Tokens { get; init; }

    /// <summary>Calls of tools so far.</summary>
    public int? ToolUses { get; init; }

    /// <summary>Milliseconds that it has been at work.</summary>
    public double? DurationMs { get; init; }
}

/// <summary>The model's API did not answer, and is asked again.</summary>
/// <param name="Attempt">Which try it is.</param>
/// <param name="MaxAttempts">How many there will be at most.</param>
/// <param name="DelayMs">Milliseconds until then.</param>
/// <param name="Status">The status that the API gave; null if it gave none.</param>
public sealed record TurnRetrying(int Attempt, int MaxAttempts, double DelayMs, int? Status) : TurnEvent;

/// <summary>The conversation is long: its first turns are no longer sent.</summary>
public sealed record ContextTruncated(int DroppedTurns) : TurnEvent;

/// <summary>The turn is answered.</summary>
/// <param name="MessageId">The answer's message.</param>
/// <param name="Model">The model that answered.</param>
/// <param name="Usage">Its tokens.</param>
/// <param name="CostUsd">The estimated cost; null where there is none.</param>
/// <param name="TtftMs">Milliseconds to the first token; null without text.</param>
/// <param name="DurationMs">Milliseconds of the turn.</param>
/// <param name="StopReason">Why the model stopped; null when it did not say.</param>
public sealed record TurnCompleted(
    string MessageId, string Model, TokenUsage Usage, decimal? CostUsd, double? TtftMs, double DurationMs, string? StopReason) : TurnEvent
{
    /// <summary>Where the wait for the first token went; null where it was not measured.</summary>
    public FirstTokenWait? FirstToken { get; init; }
}

/// <summary>The turn ended in an error; what had come is stored.</summary>
public sealed record TurnFailed(GatewayProblem Problem) : TurnEvent;

/// <summary>The turn was stopped; what had come is stored.</summary>
public sealed record TurnCancelled : TurnEvent;

/// <summary>An event of a newer gateway's that this client has no type for.</summary>
/// <param name="Type">Its name.</param>
/// <param name="Data">Its JSON.</param>
public sealed record OtherEvent(string Type, JsonElement Data) : TurnEvent;
