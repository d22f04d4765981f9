using Pilotlight.Claude.Tools;

namespace Pilotlight.Claude.Profiles;

/// <summary>Finds every fault of a profile.</summary>
internal static class AgentProfileCheck
{
    private static readonly string[] Modes = ["default", "acceptEdits", "plan", "dontAsk"];

    public static IEnumerable<string> Faults(string name, AgentProfileOptions profile)
    {
        var at = $"Profiles:{name}";
        if (name.Equals(ClaudeOptions.ChatProfile, StringComparison.OrdinalIgnoreCase))
        {
            yield return $"{at} is the built-in profile without tools. Name yours otherwise.";
        }

        if (!Modes.Contains(profile.PermissionMode, StringComparer.Ordinal))
        {
            yield return $"{at}:PermissionMode is '{profile.PermissionMode}'; it must be {string.Join(", ", Modes)}.";
        }

        if (profile.MaxTurns is < 1)
        {
            yield return $"{at}:MaxTurns is {profile.MaxTurns}; it must be 1 or more, or left out.";
        }

        if (profile.WorkingDirectory is { Length: > 0 } folder && !Directory.Exists(folder))
        {
            yield return $"{at}:WorkingDirectory is '{folder}', which is no folder. Create it, or leave it out.";
        }

        foreach (var (server, settings) in profile.McpServers)
        {
            if (server == FunctionNames.Server || !server.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-'))
            {
                yield return $"{at}:McpServers:{server} cannot be a server's name: use letters, digits, '_' and '-', and not '{FunctionNames.Server}'.";
            }

            if (string.IsNullOrEmpty(settings.Command) == string.IsNullOrEmpty(settings.Url))
            {
                yield return $"{at}:McpServers:{server} needs either a Command or a Url.";
            }
        }
    }
}
