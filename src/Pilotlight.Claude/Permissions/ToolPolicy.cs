using Pilotlight.Claude.Tools;

namespace Pilotlight.Claude.Permissions;

/// <summary>What a profile says of its tools: which are asked for, which are not there, which run without asking.</summary>
/// <remarks>Tools of an MCP server are meant by their own name, <c>mcp__SERVER__TOOL</c>, or all together by <c>mcp__SERVER</c>.</remarks>
internal sealed class ToolPolicy(AgentProfileOptions? agent)
{
    /// <summary>The model's questions to its user; asking is what the tool is for.</summary>
    public const string Question = "AskUserQuestion";

    /// <summary>Whether somebody may have to be asked at all.</summary>
    public bool Asks => agent is not null && (Named(ToolApproval.Ask).Any() || agent.Approval == ToolApproval.Ask || agent.Tools.Contains(Question));

    /// <summary>The tools of one kind, as the CLI's rules name them.</summary>
    public IEnumerable<string> Named(ToolApproval approval) => agent is null ? [] : Known().Where(tool => For(tool) == approval && tool != Question);

    /// <summary>What holds for a tool; null where nothing is said and the CLI's own rules decide.</summary>
    public ToolApproval? For(string tool)
    {
        if (agent is null || tool.StartsWith($"mcp__{FunctionNames.Server}__", StringComparison.Ordinal))
        {
            return null;
        }

        return agent.Approvals.TryGetValue(tool, out var own) ? own
            : Server(tool) is { } server && agent.Approvals.TryGetValue(server, out var all) ? all
            : agent.Approval;
    }

    private static string? Server(string tool) =>
        tool.StartsWith("mcp__", StringComparison.Ordinal) && tool.IndexOf("__", 5, StringComparison.Ordinal) is > 0 and var end ? tool[..end] : null;

    private IEnumerable<string> Known() => agent!.Tools.Concat(agent.McpServers.Keys.Select(server => "mcp__" + server)).Concat(agent.Approvals.Keys).Distinct(StringComparer.Ordinal);
}
