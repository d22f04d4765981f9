using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Conversations;
using Pilotlight.Gateway.Compatible;

namespace Pilotlight.Gateway.Direct;

/// <summary>A call of any compatible API as the body of a call of Anthropic's.</summary>
internal static class MessageBody
{
    // What the API needs to be told, and OpenAI's clients need not.
    private const int DefaultMaxTokens = 16_384;

    public static byte[] Of(CompatibleRequest request, string model)
    {
        var settings = request.Settings;
        var body = new JsonObject
        {
            ["model"] = model,
            ["max_tokens"] = settings.MaxTokens ?? DefaultMaxTokens,
            ["stream"] = true,
            ["messages"] = Messages(request),
        };
        Set(body, "system", request.SystemPrompt is { Length: > 0 } system ? system : null);
        Set(body, "temperature", settings.Temperature);
        Set(body, "top_p", settings.TopP);
        Set(body, "top_k", settings.TopK);
        Set(body, "stop_sequences", settings.StopSequences.Count > 0 ? new JsonArray([.. settings.StopSequences.Select(stop => JsonValue.Create(stop))]) : null);
        Set(body, "service_tier", settings.ServiceTier);
        Set(body, "metadata", settings.UserId is { } user ? new JsonObject { ["user_id"] = user } : null);
        Set(body, "thinking", Node(WireParameters.Thinking(settings.Thinking ?? Implied(settings))));
        Set(body, "output_config", OutputConfig(request));
        if (request.Tools.Count > 0)
        {
            body["tools"] = new JsonArray([.. request.Tools.Select(tool => Tool(tool, settings))]);
            Set(body, "tool_choice", Node(WireParameters.ToolChoice(settings, static name => name)));
        }

        return JsonSerializer.SerializeToUtf8Bytes(body, DirectJson.Default.JsonObject);
    }

    private static JsonArray Messages(CompatibleRequest request)
    {
        var messages = new JsonArray();
        foreach (var message in request.History.Append(new CompatibleMessage(HistoryRole.User, request.Content)))
        {
            messages.Add(message.Role == HistoryRole.User
                ? new JsonObject { ["role"] = "user", ["content"] = UserContentJson.From(message.Content) }
                : new JsonObject { ["role"] = "assistant", ["content"] = Answer(message) });
        }

        if (request.Settings.Prefill is { Length: > 0 } prefill)
        {
            messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = prefill });
        }

        return messages;
    }

    private static JsonArray Answer(CompatibleMessage message)
    {
        var content = new JsonArray([.. message.Thoughts.Select(thought => Node(thought))]);
        if (message.Text.Length > 0)
        {
            content.Add(new JsonObject { ["type"] = "text", ["text"] = message.Text });
        }

        foreach (var call in message.Calls)
        {
            content.Add(new JsonObject { ["type"] = "tool_use", ["id"] = call.ToolUseId, ["name"] = call.Name, ["input"] = Node(call.Input) });
        }

        return content;
    }

    // Whoever says how much to think, or wants to see or keep it, wants it. The API takes it beside none of the others.
    private static ThinkingSetting? Implied(CallSettings settings) =>
        (settings.Effort is not null || settings.ThinkingSummaries == true || settings.KeepsThinking)
        && settings is { Temperature: null, TopK: null, Prefill: null, ToolChoice.Kind: not (ToolChoiceKind.Any or ToolChoiceKind.Tool) }
            ? new ThinkingSetting("adaptive", Display: settings.ThinkingSummaries == true ? "summarized" : null)
            : null;

    private static JsonObject Tool(Microsoft.Extensions.AI.AIFunctionDeclaration tool, CallSettings settings)
    {
        var declared = new JsonObject { ["name"] = tool.Name, ["description"] = tool.Description, ["input_schema"] = Node(tool.JsonSchema) };
        if (settings.StrictTools.Contains(tool.Name))
        {
            declared["strict"] = true;
        }

        return declared;
    }

    private static JsonObject? OutputConfig(CompatibleRequest request)
    {
        var config = new JsonObject();
        Set(config, "effort", request.Settings.Effort?.ToString().ToLowerInvariant());
        Set(config, "format", request.OutputSchema is { } schema ? new JsonObject { ["type"] = "json_schema", ["schema"] = Node(schema) } : null);
        return config.Count > 0 ? config : null;
    }

    private static void Set(JsonObject body, string name, JsonNode? value)
    {
        if (value is not null)
        {
            body[name] = value;
        }
    }

    private static JsonNode? Node(JsonElement? element) => element is { } value ? JsonNode.Parse(value.GetRawText()) : null;
}
