using Pilotlight.Claude.Permissions;

namespace Pilotlight.Claude.Conversations;

/// <summary>The answer to a call that a turn waited for with <see cref="Turns.TurnAwaitsApproval"/>; the only part of its message.</summary>
/// <param name="ToolUseId">The model's id for the call.</param>
/// <param name="Decision">Whether it runs.</param>
public sealed record UserToolDecision(string ToolUseId, ToolDecision Decision) : UserContent;
