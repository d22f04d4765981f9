using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Profiles;
using Pilotlight.Claude.Tools;

namespace Pilotlight.Claude.Sessions;

/// <summary>All that must be equal for a live process to take a conversation's next turn.</summary>
/// <remarks>
/// The model too: set between turns, the CLI (2.1.330) writes a note about it into the conversation. And what functions are called
/// and look like: the API is told of those that were taken away for as long as the process lives.
/// </remarks>
internal sealed record SessionKey(
    string Id, string Profile, string? Model, string? SystemPrompt, string? HistoryMark, string? Tools, string? OutputSchema)
{
    public static SessionKey Of(Conversation conversation) => new(
        conversation.Id,
        ClaudeProfiles.NameOf(conversation),
        conversation.Model,
        conversation.SystemPrompt,
        conversation.HistoryMark,
        FunctionServer.Fingerprint(conversation.Tools),
        conversation.OutputSchema?.GetRawText());
}
