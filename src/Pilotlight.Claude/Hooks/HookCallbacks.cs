using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Claude.Hooks;

/// <summary>A profile's hooks on the wire: declared in <c>initialize</c>, called by <c>hook_callback</c>.</summary>
internal sealed partial class HookCallbacks(IReadOnlyList<Hook> hooks, ILogger logger)
{
    /// <summary>The <c>hooks</c> of <c>initialize</c>, or null without any.</summary>
    public JsonObject? Declare()
    {
        if (hooks.Count == 0)
        {
            return null;
        }

        var declared = new JsonObject();
        foreach (var (index, hook) in hooks.Index())
        {
            var name = hook.Event.ToString();
            var matchers = declared[name] as JsonArray ?? [];
            declared[name] = matchers;
            var matcher = new JsonObject
            {
                ["hookCallbackIds"] = new JsonArray(index.ToString(CultureInfo.InvariantCulture)),

                // A hook that could not be asked must not let pass what it was there to stop.
                ["onFailure"] = "block",
            };
            if (hook.Matcher is { Length: > 0 } tools)
            {
                matcher["matcher"] = tools;
            }

            if (hook.Timeout is { } limit)
            {
                matcher["timeout"] = Math.Max(1, (int)Math.Ceiling(limit.TotalSeconds));
            }

            matchers.Add(matcher);
        }

        return declared;
    }

    /// <summary>Answers <c>hook_callback</c>.</summary>
    public async ValueTask<JsonNode?> AnswerAsync(JsonElement request, string? conversationId, CancellationToken cancellationToken)
    {
        var id = request.Property("callback_id").AsString();
        if (!int.TryParse(id, CultureInfo.InvariantCulture, out var index) || index < 0 || index >= hooks.Count)
        {
            throw new InvalidOperationException($"There is no hook '{id}'.");
        }

        var hook = hooks[index];
        var raw = request.Property("input");
        var input = new HookInput(hook.Event, raw)
        {
            ConversationId = conversationId,
            ToolName = raw.Property("tool_name").AsString(),
            ToolInput = raw.Property("tool_input"),
            ToolResponse = raw.Property("tool_response"),
            ToolUseId = raw.Property("tool_use_id").AsString() ?? request.Property("tool_use_id").AsString(),
            Prompt = raw.Property("prompt").AsString(),
        };
        try
        {
            return Describe(hook.Event, await hook.Callback(input, cancellationToken) ?? HookOutcome.Continue);
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(logger, hook.Event, fault);
            return Describe(hook.Event, HookOutcome.Block("A check failed."));
        }
    }

    private static JsonNode Describe(HookEvent hookEvent, HookOutcome outcome)
    {
        if (outcome.Raw is { } raw)
        {
            return raw.ToNode() as JsonObject ?? throw new InvalidOperationException("A hook's answer is an object.");
        }

        var specific = new JsonObject { ["hookEventName"] = hookEvent.ToString() };
        var answer = new JsonObject();
        switch (hookEvent)
        {
            case HookEvent.PreToolUse or HookEvent.PreModelSwitch when outcome.IsBlocked:
                specific["permissionDecision"] = "deny";
                specific["permissionDecisionReason"] = outcome.Reason;
                break;
            case HookEvent.PermissionRequest when outcome.IsBlocked:
                specific["decision"] = new JsonObject { ["behavior"] = "deny", ["message"] = outcome.Reason };
                break;
            case HookEvent.PermissionRequest when outcome.ToolInput is { } allowed:
                specific["decision"] = new JsonObject { ["behavior"] = "allow", ["updatedInput"] = allowed.ToNode() };
                break;
            case HookEvent.Elicitation or HookEvent.ElicitationResult when outcome.IsBlocked:
                specific["action"] = "decline";
                break;
            case var _ when outcome.IsBlocked:
                answer["decision"] = "block";
                answer["reason"] = outcome.Reason;
                break;
            case HookEvent.PreToolUse when outcome.ToolInput is { } input:
                specific["updatedInput"] = input.ToNode();
                break;
        }

        if (outcome.Context is { } context)
        {
            specific["additionalContext"] = context;
        }

        if (specific.Count > 1)
        {
            answer["hookSpecificOutput"] = specific;
        }

        return answer;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A {Event} hook failed; what it was about was blocked")]
    private static partial void LogFailed(ILogger logger, HookEvent @event, Exception fault);
}
