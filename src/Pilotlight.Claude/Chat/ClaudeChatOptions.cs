using Microsoft.Extensions.AI;

namespace Pilotlight.Claude.Chat;

/// <summary>What <see cref="ChatOptions"/> has no property for.</summary>
public static class ClaudeChatOptions
{
    internal const string ProfileKey = "pilotlight.profile";

    /// <summary>Runs the call under a profile of <see cref="ClaudeOptions.Profiles"/> instead of the chat profile.</summary>
    public static ChatOptions UseProfile(this ChatOptions options, string profile)
    {
        (options.AdditionalProperties ??= [])[ProfileKey] = profile;
        return options;
    }
}
