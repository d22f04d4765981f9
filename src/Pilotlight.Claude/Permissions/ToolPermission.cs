using System.Text.Json;

namespace Pilotlight.Claude.Permissions;

/// <summary>Decides whether a tool may run as the model called it. Asked only where no rule of the profile has decided already.</summary>
/// <remarks>
/// May take its time: the turn waits. Cancelled when the turn is. One that throws has denied. Called concurrently, by any
/// number of conversations.
/// </remarks>
public delegate ValueTask<ToolDecision> ToolPermissionCallback(ToolPermissionRequest request, CancellationToken cancellationToken);

/// <summary>A call that waits for permission.</summary>
/// <param name="ToolName">The tool, <c>Bash</c> or <c>mcp__server__name</c> for instance.</param>
/// <param name="Input">Its input as the model wrote it.</param>
/// <param name="ToolUseId">The model's id for the call.</param>
public sealed record ToolPermissionRequest(string ToolName, JsonElement Input, string ToolUseId)
{
    /// <summary>The conversation, or null outside one.</summary>
    public string? ConversationId { get; init; }

    /// <summary>Why the CLI asks, in words; null when it does not say. Not to be shown without care: it may quote the model.</summary>
    public string? Reason { get; init; }

    /// <summary>The path that lies outside the working folder, where that is the reason.</summary>
    public string? BlockedPath { get; init; }

    /// <summary>Whether the model asks its user something, rather than for leave: an answer is in the input that it is allowed with.</summary>
    public bool IsQuestion { get; init; }

    /// <summary>The agent of the model's own that calls, or null where the model itself does.</summary>
    public string? AgentId { get; init; }
}

/// <summary>Who is asked in a conversation whose profile asks, and what was decided before.</summary>
/// <param name="CanAsk">Whether the turn's caller answers: a call that is asked for ends the turn with <see cref="Turns.TurnAwaitsApproval"/>. Otherwise it is denied.</param>
/// <param name="Remembered">What was decided for calls like this one; null from it asks. Null for nothing. Called concurrently.</param>
public sealed record ApprovalRules(bool CanAsk, Func<ToolPermissionRequest, ToolDecision?>? Remembered = null)
{
    /// <summary>Nobody is asked, nothing was decided.</summary>
    public static ApprovalRules None { get; } = new(false);
}

/// <summary>An answer to a <see cref="ToolPermissionRequest"/>.</summary>
public abstract record ToolDecision
{
    private protected ToolDecision()
    {
    }

    /// <summary>The tool may run as it was called.</summary>
    public static ToolDecision Allow() => new ToolAllowed(null);

    /// <summary>The tool may run, with this input instead.</summary>
    public static ToolDecision Allow(JsonElement input) => new ToolAllowed(input);

    /// <summary>The tool may not run. The model is told <paramref name="message"/> and goes on, unless <paramref name="endTurn"/> stops it.</summary>
    public static ToolDecision Deny(string message, bool endTurn = false) => new ToolDenied(message, endTurn);
}

/// <summary>The tool may run.</summary>
/// <param name="Input">Its input instead of the model's, or null to leave it.</param>
public sealed record ToolAllowed(JsonElement? Input) : ToolDecision;

/// <summary>The tool may not run.</summary>
/// <param name="Message">What the model is told.</param>
/// <param name="EndTurn">Whether the turn ends with this.</param>
public sealed record ToolDenied(string Message, bool EndTurn) : ToolDecision;
