using Pilotlight.Processes;

namespace Pilotlight.Claude.Profiles;

/// <summary>Which process a conversation needs, and what it must still be told when it has one.</summary>
/// <param name="Process">The pool's key: binary, arguments, environment, folder.</param>
/// <param name="Model">The model it was started with.</param>
/// <param name="IsInitialized">Whether it is parked with the default system prompt, or waits to be told one.</param>
/// <param name="Agent">The profile's settings; null is the chat profile.</param>
internal sealed record ClaudeProcessKind(ProcessProfile<ClaudeProcess> Process, string Model, bool IsInitialized, AgentProfileOptions? Agent);
