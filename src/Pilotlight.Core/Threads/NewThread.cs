namespace Pilotlight.Core.Threads;

/// <summary>A new thread, as it is asked for.</summary>
/// <param name="Title">A name for people; null for none yet.</param>
/// <param name="Model">The model; null for the default.</param>
/// <param name="SystemPrompt">The system prompt; null for the default.</param>
/// <param name="Profile">The profile; null for the chat profile.</param>
public sealed record NewThread(string? Title = null, string? Model = null, string? SystemPrompt = null, string? Profile = null);
