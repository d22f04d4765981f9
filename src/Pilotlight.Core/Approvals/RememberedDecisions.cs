using System.Text.Json;
using Pilotlight.Claude.Permissions;

namespace Pilotlight.Core.Approvals;

/// <summary>What was decided before in a thread, for calls that are the same. Immutable.</summary>
internal sealed class RememberedDecisions(IReadOnlyList<RememberedDecision> decisions)
{
    /// <summary>The decision for a call; null for none. The newest of several holds.</summary>
    public ToolDecision? For(ToolPermissionRequest request)
    {
        var subject = SubjectOf(request.ToolName, request.Input);
        return decisions.LastOrDefault(one => one.Tool == request.ToolName && one.Subject == subject) switch
        {
            null => null,
            { IsAllowed: true } => ToolDecision.Allow(),
            _ => ToolDecision.Deny($"'{request.ToolName}' was denied before in this conversation, for good."),
        };
    }

    /// <summary>What must be the same beside the tool: of a shell the command, of all others nothing.</summary>
    public static string? SubjectOf(string tool, JsonElement input) =>
        tool == "Bash" ? input.ValueKind == JsonValueKind.Object && input.TryGetProperty("command", out var command) ? command.ToString() : "" : null;
}
