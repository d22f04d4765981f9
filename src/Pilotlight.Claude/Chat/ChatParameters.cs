using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Tools;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Claude.Chat;

/// <summary>What <see cref="ChatOptions"/> asks for that only the wire can set.</summary>
internal static class ChatParameters
{
    public static CallParameters Of(ChatOptions? options)
    {
        if (options is null)
        {
            return CallParameters.None;
        }

        return new CallParameters
        {
            Temperature = options.Temperature,
            TopP = options.TopP,
            TopK = options.TopK,
            MaxTokens = options.MaxOutputTokens,
            StopSequences = options.StopSequences is { Count: > 0 } stops ? [.. stops] : null,
            ToolChoice = ToolChoice(options),
        };
    }

    private static JsonElement? ToolChoice(ChatOptions options)
    {
        var choice = options.ToolMode switch
        {
            RequiredChatToolMode { RequiredFunctionName: { } name } => new JsonObject { ["type"] = "tool", ["name"] = FunctionNames.Qualify(name) },
            RequiredChatToolMode => new JsonObject { ["type"] = "any" },
            _ when options is { AllowMultipleToolCalls: false, Tools.Count: > 0 } => new JsonObject { ["type"] = "auto" },
            _ => null,
        };
        if (choice is not null && options.AllowMultipleToolCalls == false)
        {
            choice["disable_parallel_tool_use"] = true;
        }

        return choice is null ? null : JsonElement.Parse(choice.ToJsonString());
    }
}
