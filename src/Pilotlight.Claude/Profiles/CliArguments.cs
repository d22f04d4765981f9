using System.Globalization;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Tools;

namespace Pilotlight.Claude.Profiles;

/// <summary>The CLI's command line for a profile. Holds nothing secret and nothing of a user's: anybody on the machine can read it.</summary>
internal static class CliArguments
{
    /// <param name="model">The model to start with.</param>
    /// <param name="agent">The profile's settings; null is the chat profile.</param>
    /// <param name="plugins">The folders of its plugins, as the process sees them.</param>
    public static IReadOnlyList<string> Of(string model, AgentProfileOptions? agent, IEnumerable<string> plugins)
    {
        var policy = new ToolPolicy(agent);
        List<string> arguments =
        [
            "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose", "--include-partial-messages",
            "--setting-sources", "", "--strict-mcp-config",

            // Without transcripts it takes no checkpoints either (2.1.330).
            .. agent is { Checkpoints: true } ? Array.Empty<string>() : ["--no-session-persistence"],

            // It takes skills away with commands. Those are kept from users by what each of their lines says.
            .. agent is { Plugins.Count: > 0 } ? Array.Empty<string>() : ["--disable-slash-commands"],
            "--model", model,
            "--tools", agent is null ? "" : string.Join(',', agent.Tools),

            // A conversation's own functions are allowed by being offered; a profile without any other tools has nothing else.
            "--allowedTools", string.Join(',', (agent?.AllowedTools ?? []).Concat(policy.Named(ToolApproval.Allow)).Append("mcp__" + FunctionNames.Server)),
        ];
        if (agent is null)
        {
            return arguments;
        }

        arguments.AddRange(["--permission-mode", agent.PermissionMode]);
        if (agent.CanUseTool is not null || policy.Asks)
        {
            arguments.AddRange(["--permission-prompt-tool", "stdio"]);
        }

        // A rule that asks outranks one that allows, those that the CLI has by itself for what only reads among them.
        string[] asked = [.. policy.Named(ToolApproval.Ask)];
        if (asked.Length > 0)
        {
            var rules = new JsonObject { ["permissions"] = new JsonObject { ["ask"] = new JsonArray([.. asked.Select(tool => JsonValue.Create(tool))]) } };
            arguments.AddRange(["--settings", rules.ToJsonString()]);
        }

        string[] refused = [.. agent.DisallowedTools, .. policy.Named(ToolApproval.Deny)];
        if (refused.Length > 0)
        {
            arguments.AddRange(["--disallowedTools", string.Join(',', refused)]);
        }

        if (agent.MaxTurns is { } turns)
        {
            arguments.AddRange(["--max-turns", turns.ToString(CultureInfo.InvariantCulture)]);
        }

        if (agent.FallbackModel is { Length: > 0 } fallback)
        {
            arguments.AddRange(["--fallback-model", fallback]);
        }

        foreach (var plugin in plugins)
        {
            arguments.AddRange(["--plugin-dir", plugin]);
        }

        if (agent.McpConfig is { Length: > 0 } servers)
        {
            arguments.AddRange(["--mcp-config", servers]);
        }

        return arguments;
    }
}
