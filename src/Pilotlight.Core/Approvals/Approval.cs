using System.Text.Json;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Core.Approvals;

/// <summary>Where an approval is: it leaves <see cref="Pending"/> once.</summary>
public enum ApprovalState
{
    /// <summary>A person is waited for.</summary>
    Pending,

    /// <summary>The call may run; of a question, it was answered.</summary>
    Allowed,

    /// <summary>The call does not run.</summary>
    Denied,
}

/// <summary>A call of a tool, or a question of the model's, that a turn waits with.</summary>
/// <param name="Id">Its id, <c>apr_…</c>.</param>
/// <param name="ThreadId">The thread.</param>
/// <param name="TurnId">The turn that waits.</param>
/// <param name="ToolUseId">The model's id for the call.</param>
/// <param name="Tool">The tool.</param>
/// <param name="Input">The call's input as the model wrote it.</param>
/// <param name="Title">What is going to be done, in words for people.</param>
/// <param name="RequestedAt">Since when it waits.</param>
/// <param name="ExpiresAt">When it is denied by itself.</param>
public sealed record Approval(
    string Id, string ThreadId, string TurnId, string ToolUseId, string Tool, JsonElement Input, string Title, DateTimeOffset RequestedAt, DateTimeOffset ExpiresAt)
{
    /// <summary>What must be the same for a remembered decision to hold, beside the tool; null for nothing.</summary>
    public string? Subject => RememberedDecisions.SubjectOf(Tool, Input);

    /// <summary>Whether the model asks its user something, rather than for leave to run a tool.</summary>
    public bool IsQuestion { get; init; }

    /// <summary>Whether only the process that waits can go on with it.</summary>
    public bool NeedsProcess { get; init; }

    /// <summary>The epoch of the server whose process waits.</summary>
    public long Epoch { get; init; }

    /// <summary>What the turn had used when it began to wait, as it was booked.</summary>
    public BookedUsage Booked { get; init; } = BookedUsage.None;

    /// <summary>Where it is.</summary>
    public ApprovalState State { get; init; }

    /// <summary>How it was decided; null while it waits.</summary>
    public ApprovalDecision? Decision { get; init; }

    /// <summary>When it was; null while it waits.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }
}

/// <summary>What a turn had used before it waited.</summary>
/// <param name="Usage">Its tokens.</param>
/// <param name="CostUsd">What they cost.</param>
public sealed record BookedUsage(TurnUsage Usage, decimal CostUsd)
{
    /// <summary>Nothing.</summary>
    public static BookedUsage None { get; } = new(TurnUsage.None, 0);
}

/// <summary>A decision about a call.</summary>
/// <param name="IsAllowed">Whether it may run.</param>
/// <param name="By">Who decided: a key's public id, <c>deadline</c>, <c>cancel</c> or <c>restart</c>.</param>
public sealed record ApprovalDecision(bool IsAllowed, string By)
{
    /// <summary>By nobody, in time.</summary>
    public const string Deadline = "deadline";

    /// <summary>By the end of the turn.</summary>
    public const string Cancel = "cancel";

    /// <summary>By the end of the process that alone could have gone on.</summary>
    public const string Restart = "restart";

    /// <summary>What the model is told of a denial; null for nothing special.</summary>
    public string? Message { get; init; }

    /// <summary>The input instead of the model's; null leaves it.</summary>
    public JsonElement? Input { get; init; }

    /// <summary>Whether it holds for the same in the thread from now on.</summary>
    public bool IsRemembered { get; init; }
}
