using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Tools;

namespace Pilotlight.Claude.Sessions;

/// <summary>What a conversation may not ask of its profile.</summary>
internal static class ConversationCheck
{
    /// <summary>What it asks for and may not have; null for nothing.</summary>
    /// <param name="conversation">The conversation.</param>
    /// <param name="agent">The settings of its profile; null for the chat profile.</param>
    public static string? Fault(Conversation conversation, AgentProfileOptions? agent)
    {
        if (agent is null)
        {
            return conversation is { PermissionMode: null, McpServers.Count: 0 } ? null
                : "The chat profile has no tools, so it takes neither a permission mode nor MCP servers. Use a profile of Pilotlight:Claude:Profiles.";
        }

        if (conversation.PermissionMode is { } mode && !PermissionModes.Has(mode))
        {
            return $"PermissionMode is '{mode}'; it must be {string.Join(", ", PermissionModes.All)}.";
        }

        return conversation.McpServers.Keys.FirstOrDefault(server => server == FunctionNames.Server || agent.McpServers.ContainsKey(server)) is { } taken
            ? $"McpServers has '{taken}', which is the name of a server that the profile has. Name it otherwise."
            : null;
    }
}
