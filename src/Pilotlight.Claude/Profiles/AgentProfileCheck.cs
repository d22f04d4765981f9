using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Sandbox;
using Pilotlight.Claude.Tools;

namespace Pilotlight.Claude.Profiles;

/// <summary>Finds every fault of a profile.</summary>
internal static class AgentProfileCheck
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    public static IEnumerable<string> Faults(string name, AgentProfileOptions profile)
    {
        var at = $"Profiles:{name}";
        if (name.Equals(ClaudeOptions.ChatProfile, StringComparison.OrdinalIgnoreCase))
        {
            yield return $"{at} is the built-in profile without tools. Name yours otherwise.";
        }

        if (!PermissionModes.Has(profile.PermissionMode))
        {
            yield return $"{at}:PermissionMode is '{profile.PermissionMode}'; it must be {string.Join(", ", PermissionModes.All)}.";
        }

        if (profile.MaxTurns is < 1)
        {
            yield return $"{at}:MaxTurns is {profile.MaxTurns}; it must be 1 or more, or left out.";
        }

        if (profile.WorkingDirectory is { Length: > 0 } folder && !Directory.Exists(folder))
        {
            yield return $"{at}:WorkingDirectory is '{folder}', which is no folder. Create it, or leave it out.";
        }

        foreach (var fault in ApprovalFaults(at, profile))
        {
            yield return fault;
        }

        foreach (var fault in AgentFaults(profile).Concat(PluginFaults(profile)).Concat(WorkspaceFaults(profile)).Concat(WallFaults(profile)))
        {
            yield return $"{at}:{fault}";
        }

        foreach (var (server, settings) in profile.McpServers)
        {
            if (server == FunctionNames.Server || !IsName(server))
            {
                yield return $"{at}:McpServers:{server} cannot be a server's name: use letters, digits, '_' and '-', and not '{FunctionNames.Server}'.";
            }

            if (string.IsNullOrEmpty(settings.Command) == string.IsNullOrEmpty(settings.Url))
            {
                yield return $"{at}:McpServers:{server} needs either a Command or a Url.";
            }
        }
    }

    private static bool IsName(string name) => name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-');

    private static IEnumerable<string> AgentFaults(AgentProfileOptions profile)
    {
        if (profile.Agents.Count > 0 && !profile.Tools.Any(tool => tool is "Agent" or "Task"))
        {
            yield return $"Agents has {string.Join(", ", profile.Agents.Keys)}, and nothing can call them: add Agent to Tools.";
        }

        foreach (var (name, agent) in profile.Agents)
        {
            if (!IsName(name))
            {
                yield return $"Agents:{name} cannot be an agent's name: use letters, digits, '_' and '-'.";
            }

            if (string.IsNullOrWhiteSpace(agent.Description) || string.IsNullOrWhiteSpace(agent.Prompt))
            {
                yield return $"Agents:{name} needs a Description, which says when it is called, and a Prompt.";
            }

            if (agent.MaxTurns is < 1)
            {
                yield return $"Agents:{name}:MaxTurns is {agent.MaxTurns}; it must be 1 or more, or left out.";
            }

            foreach (var tool in agent.Tools.Where(tool => !tool.StartsWith("mcp__", StringComparison.Ordinal) && !profile.Tools.Contains(ToolOf(tool))))
            {
                yield return $"Agents:{name}:Tools has '{tool}', which its profile does not have; its Tools are {string.Join(", ", profile.Tools)}.";
            }
        }
    }

    private static IEnumerable<string> PluginFaults(AgentProfileOptions profile)
    {
        foreach (var folder in profile.Plugins.Where(folder => !Directory.Exists(folder)))
        {
            yield return $"Plugins has '{folder}', which is no folder. Create it, or leave it out.";
        }

        if (profile.FallbackModel is { } model && (model.Length == 0 || model == profile.Model))
        {
            yield return $"FallbackModel is '{model}'; it must be another model than the profile's own, or left out.";
        }

        if (profile.MaxCostUsd is <= 0)
        {
            yield return $"MaxCostUsd is {profile.MaxCostUsd}; it must be more than 0, or left out.";
        }
    }

    private static IEnumerable<string> ApprovalFaults(string at, AgentProfileOptions profile)
    {
        var policy = new ToolPolicy(profile);
        if (profile.ApprovalTimeout <= TimeSpan.Zero || profile.ApprovalTimeout > LongestWait)
        {
            yield return $"{at}:ApprovalTimeout is {profile.ApprovalTimeout}; it must be more than 0 and at most {LongestWait.TotalDays:0} days.";
        }

        if (profile.ApprovalHold < TimeSpan.Zero || profile.ApprovalHold > LongestWait)
        {
            yield return $"{at}:ApprovalHold is {profile.ApprovalHold}; it must be 0 or more and at most {LongestWait.TotalDays:0} days.";
        }

        if (policy.Asks && profile.PermissionMode == "dontAsk")
        {
            yield return $"{at}:PermissionMode is 'dontAsk', and Approval asks. Leave one of them out.";
        }

        foreach (var tool in profile.Approvals.Keys.Where(tool => !tool.StartsWith("mcp__", StringComparison.Ordinal) && !profile.Tools.Contains(tool)))
        {
            yield return $"{at}:Approvals:{tool} is about a tool that the profile does not have; its Tools are {(profile.Tools.Count == 0 ? "none" : string.Join(", ", profile.Tools))}.";
        }

        foreach (var rule in profile.AllowedTools.Where(rule => policy.For(ToolOf(rule)) is ToolApproval.Ask or ToolApproval.Deny))
        {
            yield return $"{at}:AllowedTools has '{rule}', and Approval says {policy.For(ToolOf(rule))} for {ToolOf(rule)}, which outranks it. Leave the rule out, or set Approvals:{ToolOf(rule)} to Allow.";
        }
    }

    private static string ToolOf(string rule) => rule.IndexOf('(', StringComparison.Ordinal) is > 0 and var end ? rule[..end] : rule;

    private static IEnumerable<string> WorkspaceFaults(AgentProfileOptions profile)
    {
        if (profile.Workspace is { Length: > 0 } && profile.WorkingDirectory is { Length: > 0 })
        {
            yield return $"Workspace is '{profile.Workspace}' and WorkingDirectory is '{profile.WorkingDirectory}'; leave one of them out.";
        }

        if (profile.HasThreadWorkspace && profile.Sandbox == SandboxMode.None)
        {
            yield return "Workspace is Thread and Sandbox is None: without walls nothing holds an agent in its thread's folder. Set Sandbox to Files or Full.";
        }

        if (!profile.HasThreadWorkspace && profile.Workspace is { Length: > 0 } folder && !Directory.Exists(folder))
        {
            yield return $"Workspace is '{folder}', which is no folder. Create it, or write Thread.";
        }

        if (profile.WorkspaceFrom is not { Length: > 0 } from)
        {
            yield break;
        }

        if (!profile.HasThreadWorkspace)
        {
            yield return $"WorkspaceFrom is '{from}', and there is nothing to begin: set Workspace to Thread.";
        }

        if (!Directory.Exists(from))
        {
            yield return $"WorkspaceFrom is '{from}', which is no folder. Create it, or leave it out.";
        }
    }

    private static IEnumerable<string> WallFaults(AgentProfileOptions profile)
    {
        if (profile.Network.Count > 0 && profile.Sandbox != SandboxMode.Full)
        {
            yield return $"Network allows {profile.Network.Count} hosts, and Sandbox is {profile.Sandbox}: nothing but Full closes the network. Set Sandbox to Full, or leave Network out.";
        }

        foreach (var fault in HostRules.Faults(profile.Network))
        {
            yield return fault;
        }

        if (profile.Sandbox == SandboxMode.None)
        {
            yield break;
        }

        if (profile.McpConfig is { Length: > 0 } file)
        {
            yield return $"McpConfig is '{file}', which is not there behind walls. Name its servers under McpServers.";
        }

        foreach (var fault in profile.Limits.Faults())
        {
            yield return $"Limits:{fault}";
        }

        if (SandboxSupport.Problem(profile.Sandbox, profile.Network.Count > 0, profile.SharedFolder) is { } problem)
        {
            yield return $"Sandbox is {profile.Sandbox}, and this machine does not give it: {problem}.";
        }
    }
}
