using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Tools;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Gateway.Compatible;

/// <summary>What a call asks for, as it is set on the wire.</summary>
internal static class WireParameters
{
    /// <summary>For the calls that a process of the CLI's makes.</summary>
    public static CallParameters Of(CompatibleRequest request)
    {
        var settings = request.Settings;
        return new CallParameters
        {
            Temperature = settings.Temperature,
            TopP = settings.TopP,
            TopK = settings.TopK,
            StopSequences = settings.StopSequences.Count > 0 ? settings.StopSequences : null,
            MaxTokens = settings.MaxTokens,
            ToolChoice = ToolChoice(settings, name => FunctionNames.Qualify(CallerToolNames.OnCli(name))),
            Thinking = Thinking(settings.Thinking),
            Prefill = settings.Prefill,
            ServiceTier = settings.ServiceTier,
            UserId = settings.UserId,
            StrictTools = settings.StrictTools.Count > 0 ? [.. settings.StrictTools.Select(name => FunctionNames.Qualify(CallerToolNames.OnCli(name)))] : null,
        };
    }

    /// <summary><c>tool_choice</c> as the API has it; null where the API decides.</summary>
    public static JsonElement? ToolChoice(CallSettings settings, Func<string, string> nameOf)
    {
        var node = settings.ToolChoice switch
        {
            { Kind: ToolChoiceKind.Any } => new JsonObject { ["type"] = "any" },
            { Kind: ToolChoiceKind.Tool, Tool: { } tool } => new JsonObject { ["type"] = "tool", ["name"] = nameOf(tool) },
            { Kind: ToolChoiceKind.Auto } when settings.OneCallAtATime => new JsonObject { ["type"] = "auto" },
            _ => null,
        };
        if (node is not null && settings.OneCallAtATime)
        {
            node["disable_parallel_tool_use"] = true;
        }

        return Element(node);
    }

    /// <summary><c>thinking</c> as the API has it; null where the API decides.</summary>
    public static JsonElement? Thinking(ThinkingSetting? thinking)
    {
        if (thinking is null)
        {
            return null;
        }

        var node = new JsonObject { ["type"] = thinking.Kind };
        if (thinking.BudgetTokens is { } budget)
        {
            node["budget_tokens"] = budget;
        }

        if (thinking.Display is { } display)
        {
            node["display"] = display;
        }

        return Element(node);
    }

    private static JsonElement? Element(JsonObject? node) => node is null ? null : JsonElement.Parse(node.ToJsonString());
}
