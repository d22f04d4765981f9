using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Permissions;

/// <summary>Asks a profile's callback. Nobody to ask, a callback that throws, an answer that is none: all deny.</summary>
internal sealed partial class ToolPermissions(ToolPermissionCallback? callback, ILogger logger)
{
    public bool CanAsk => callback is not null;

    public async ValueTask<ToolDecision> AskAsync(ToolPermissionRequest request, CancellationToken cancellationToken)
    {
        if (callback is null)
        {
            return ToolDecision.Deny($"Nobody is there to permit '{request.ToolName}'.");
        }

        try
        {
            return await callback(request, cancellationToken)
                ?? ToolDecision.Deny($"'{request.ToolName}' was not permitted.");
        }
        catch (Exception fault)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(logger, request.ToolName, fault);
            }

            return ToolDecision.Deny($"'{request.ToolName}' was not permitted: the check failed.");
        }
    }

    /// <summary>Answers <c>can_use_tool</c>.</summary>
    public async ValueTask<JsonNode?> AnswerAsync(JsonElement request, string? conversationId, CancellationToken cancellationToken)
    {
        var input = request.Property("input");
        var asked = new ToolPermissionRequest(
            request.Property("tool_name").AsString() ?? "", input, request.Property("tool_use_id").AsString() ?? "")
        {
            ConversationId = conversationId,
            Reason = request.Property("decision_reason").AsString(),
            BlockedPath = request.Property("blocked_path").AsString(),
        };
        return await AskAsync(asked, cancellationToken) switch
        {
            ToolAllowed allowed => new JsonObject
            {
                ["behavior"] = "allow",
                ["updatedInput"] = (allowed.Input ?? input).ToNode(),
            },
            ToolDenied denied => new JsonObject
            {
                ["behavior"] = "deny",
                ["message"] = denied.Message,
                ["interrupt"] = denied.EndTurn,
            },
            var other => throw new InvalidOperationException($"'{other.GetType().Name}' is no decision."),
        };
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The permission callback failed for {Tool}; it was denied")]
    private static partial void LogFailed(ILogger logger, string tool, Exception fault);
}
