using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Permissions;

/// <summary>Decides by a profile's policy, by what was decided before, by its callback, or by the person whose turn it is.</summary>
/// <remarks>Nobody to ask, a callback that throws, an answer that is none: all deny.</remarks>
internal sealed partial class ToolPermissions(ToolPermissionCallback? callback, ToolPolicy policy, ILogger logger)
{
    private volatile ApprovalRules _rules = ApprovalRules.None;

    /// <summary>Whether there may be somebody to ask.</summary>
    public bool CanAsk => callback is not null || policy.Asks;

    /// <summary>The calls that wait for a person.</summary>
    public WaitingCalls Waiting { get; } = new();

    /// <summary>What holds in the conversation's turn from now on.</summary>
    public void Use(ApprovalRules rules) => _rules = rules;

    public async ValueTask<ToolDecision> AskAsync(ToolPermissionRequest request, CancellationToken cancellationToken)
    {
        try
        {
            switch (policy.For(request.ToolName))
            {
                case ToolApproval.Deny:
                    return ToolDecision.Deny($"'{request.ToolName}' is not permitted here.");
                case ToolApproval.Allow when request.ToolName != ToolPolicy.Question:
                    return ToolDecision.Allow();
            }

            if (_rules.Remembered?.Invoke(request) is { } remembered)
            {
                return remembered;
            }

            return callback is not null
                ? await callback(request, cancellationToken) ?? ToolDecision.Deny($"'{request.ToolName}' was not permitted.")
                : policy.Asks && _rules.CanAsk
                    ? await Waiting.AskAsync(request, cancellationToken)
                    : ToolDecision.Deny($"Nobody is there to permit '{request.ToolName}'.");
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
        var tool = request.Property("tool_name").AsString() ?? "";
        var asked = new ToolPermissionRequest(
            tool, input, request.Property("tool_use_id").AsString() ?? "")
        {
            ConversationId = conversationId,
            Reason = request.Property("decision_reason").AsString(),
            BlockedPath = request.Property("blocked_path").AsString(),
            IsQuestion = tool == ToolPolicy.Question,
            AgentId = request.Property("agent_id").AsString(),
        };
        return ToJson(await AskAsync(asked, cancellationToken), input);
    }

    /// <summary>Answers <c>elicitation</c>: what an MCP server asks the user.</summary>
    public async ValueTask<JsonNode?> ElicitAsync(JsonElement request, string? conversationId, CancellationToken cancellationToken)
    {
        var asked = Elicitation.Read(request, conversationId);
        return policy.Asks && _rules.CanAsk
            ? Elicitation.ToJson(asked, await Waiting.AskAsync(asked, cancellationToken))
            : new JsonObject { ["action"] = "decline" };
    }

    /// <summary>A decision as the CLI takes it.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="input">The call's input as the model wrote it.</param>
    public static JsonObject ToJson(ToolDecision decision, JsonElement input) => decision switch
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

    [LoggerMessage(Level = LogLevel.Error, Message = "The permission callback failed for {Tool}; it was denied")]
    private static partial void LogFailed(ILogger logger, string tool, Exception fault);
}
