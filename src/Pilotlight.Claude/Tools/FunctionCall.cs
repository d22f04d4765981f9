namespace Pilotlight.Claude.Tools;

/// <summary>Names the call that a function runs for; in <c>AIFunctionArguments.Context</c> under its own type.</summary>
/// <param name="ToolUseId">The model's id for the call, the same as in <c>ToolStarted</c> and <c>ToolFinished</c>.</param>
/// <param name="ConversationId">The conversation that the call belongs to.</param>
public sealed record FunctionCall(string ToolUseId, string ConversationId);
