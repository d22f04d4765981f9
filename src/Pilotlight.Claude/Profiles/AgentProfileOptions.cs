using Microsoft.Extensions.AI;
using Pilotlight.Claude.Hooks;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Sandbox;

namespace Pilotlight.Claude;

/// <summary>A profile that may use tools; <c>Pilotlight:Claude:Profiles:NAME</c>. What is a delegate or a function can be set in code alone.</summary>
public sealed class AgentProfileOptions
{
    /// <summary>Tools that are there at all, <c>Bash</c> or <c>Read</c> for instance. Default: none.</summary>
    public IList<string> Tools { get; } = [];

    /// <summary>Tool rules that are allowed without asking, <c>Bash(git:*)</c> for instance. Default: none.</summary>
    public IList<string> AllowedTools { get; } = [];

    /// <summary>Tool rules that are refused whatever else allows them, <c>Bash(rm:*)</c> for instance. Default: none.</summary>
    public IList<string> DisallowedTools { get; } = [];

    /// <summary>
    /// What becomes of a call of any of its tools: <c>Ask</c> has a person decide about every call, <c>Deny</c> takes the tools away,
    /// <c>Allow</c> runs them. Default: none, the CLI's own rules decide, and what they would ask for is refused.
    /// </summary>
    public ToolApproval? Approval { get; set; }

    /// <summary>The same for one tool, by its name: <c>Bash</c>, <c>mcp__SERVER__TOOL</c>, or <c>mcp__SERVER</c> for all of a server. Default: none.</summary>
    public IDictionary<string, ToolApproval> Approvals { get; } = new Dictionary<string, ToolApproval>(StringComparer.Ordinal);

    /// <summary>How long a call waits for a person; then it is denied. Default: 1 h.</summary>
    public TimeSpan ApprovalTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a call that waits keeps its process; then that is let go, and another takes the turn up when the answer comes. Default: 1 min.</summary>
    public TimeSpan ApprovalHold { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The folder the tools work in. Default: an empty folder of ours.</summary>
    public string? WorkingDirectory { get; set; }

    /// <summary>
    /// <c>default</c>, <c>acceptEdits</c>, <c>plan</c> or <c>dontAsk</c>; a mode without checks is not to be had. Default:
    /// <c>default</c>; what would need a person is asked of <see cref="CanUseTool"/>, and refused without it.
    /// </summary>
    public string PermissionMode { get; set; } = "default";

    /// <summary>Most API calls in one turn; a turn that would need more fails. Default: none, no limit.</summary>
    public int? MaxTurns { get; set; }

    /// <summary>MCP servers that the CLI runs or connects to, by name. Default: none.</summary>
    public IDictionary<string, McpServerSettings> McpServers { get; } = new Dictionary<string, McpServerSettings>(StringComparer.Ordinal);

    /// <summary>Agents that the model may give work to with the tool <c>Agent</c>, by name, beside those of the CLI itself. Default: none.</summary>
    public IDictionary<string, SubagentOptions> Agents { get; } = new Dictionary<string, SubagentOptions>(StringComparer.Ordinal);

    /// <summary>
    /// Folders of plugins: <c>skills</c>, <c>agents</c>, <c>hooks</c> and MCP servers in the CLI's own layout. The model has their skills where <c>Skill</c> is
    /// among the <see cref="Tools"/>; what a plugin's hooks run is run. A user's text never calls their commands. Default: none.
    /// </summary>
    public IList<string> Plugins { get; } = [];

    /// <summary>
    /// Whether the CLI keeps what its tools change of files, so that <see cref="Conversations.IClaudeConversations.RewindFilesAsync"/> can bring it back for as long as
    /// the conversation's process lives. What a shell changes is not kept. Default: false.
    /// </summary>
    public bool Checkpoints { get; set; }

    /// <summary>Model that takes over where the API is overloaded. Default: none.</summary>
    public string? FallbackModel { get; set; }

    /// <summary>
    /// Most that one turn may cost in US dollars, by the CLI's estimate; the turn fails when the call of the API that reaches it has ended and another would follow. Of a
    /// conversation's own limit and this one the lower holds. Default: none, no limit.
    /// </summary>
    public decimal? MaxCostUsd { get; set; }

    /// <summary>Path of a file with more MCP servers, in the CLI's own format. Default: none.</summary>
    public string? McpConfig { get; set; }

    /// <summary>Model for this profile. Default: <see cref="ClaudeOptions.Model"/>.</summary>
    public string? Model { get; set; }

    /// <summary>
    /// What stands between the tools and the machine. The server does not start where the machine cannot give it. Default:
    /// <see cref="SandboxMode.None"/>.
    /// </summary>
    public SandboxMode Sandbox { get; set; }

    /// <summary>
    /// <c>Thread</c>: each conversation works in a folder of its own, kept until its thread is deleted; this needs a <see cref="Sandbox"/>.
    /// Or the path of a folder that all work in. Default: none, an empty one for each process.
    /// </summary>
    public string? Workspace { get; set; }

    /// <summary>What a thread's workspace begins as: a folder, whose files are copied, or a git repository, which is cloned onto a branch of its own. Default: none, it begins empty.</summary>
    public string? WorkspaceFrom { get; set; }

    /// <summary>What a process behind walls may use at most.</summary>
    public SandboxLimits Limits { get; } = new();

    /// <summary>Whether each conversation has a folder of its own.</summary>
    internal bool HasThreadWorkspace => string.Equals(Workspace, "Thread", StringComparison.OrdinalIgnoreCase);

    /// <summary>The folder that all conversations work in, if they do.</summary>
    internal string? SharedFolder => HasThreadWorkspace ? null : Workspace is { Length: > 0 } folder ? folder : WorkingDirectory is { Length: > 0 } former ? former : null;

    /// <summary>Hosts that may be reached from <see cref="SandboxMode.Full"/>: <c>example.com</c>, <c>*.example.com</c>, <c>example.com:8443</c>. Default: none.</summary>
    public IList<string> Network { get; } = [];

    /// <summary>Decides about tools that no rule decides about. Default: none, they are refused.</summary>
    public ToolPermissionCallback? CanUseTool { get; set; }

    /// <summary>Callbacks in the CLI's course of events. Default: none.</summary>
    public IList<Hook> Hooks { get; } = [];

    /// <summary>.NET functions that every conversation of the profile may call. Default: none.</summary>
    public IList<AIFunction> Functions { get; } = [];
}

/// <summary>An MCP server: a program to run, or an address to connect to.</summary>
public sealed class McpServerSettings
{
    /// <summary>The program, for a server on standard input and output. Default: none.</summary>
    public string? Command { get; set; }

    /// <summary>Its arguments. Default: none.</summary>
    public IList<string> Arguments { get; } = [];

    /// <summary>Its environment, beside what the CLI has. Default: none.</summary>
    public IDictionary<string, string> Environment { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The address, for a server over streamable HTTP. Default: none.</summary>
    public string? Url { get; set; }

    /// <summary>Headers for it, credentials for instance; they never show on a command line. Default: none.</summary>
    public IDictionary<string, string> Headers { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
}
