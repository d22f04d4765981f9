using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Tools;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Claude.Chat;

/// <summary>A chat call as the conversation and the turn that it asks for.</summary>
internal sealed record ChatRequest(Conversation Conversation, IReadOnlyList<UserContent> Content)
{
    /// <summary>Whether the conversation ends with the call.</summary>
    public required bool IsSingleUse { get; init; }

    /// <summary>Whether earlier answers came along; without them a named conversation means its newest messages alone.</summary>
    public required bool BringsHistory { get; init; }

    /// <summary>Whether thinking is to be told.</summary>
    public required bool ShowsThinking { get; init; }

    /// <summary>What the functions of this call returned, by the id of the call.</summary>
    public required FunctionLog Results { get; init; }

    public static ChatRequest From(IEnumerable<ChatMessage> messages, ChatOptions? options, bool setsOnWire)
    {
        ChatOptionsCheck.Refuse(options, setsOnWire);
        var all = messages.ToList();
        var system = string.Join(
            "\n\n",
            all.Where(message => message.Role == ChatRole.System).Select(message => message.Text)
                .Prepend(options?.Instructions).Where(text => !string.IsNullOrWhiteSpace(text)));
        var spoken = all.Where(message => message.Role != ChatRole.System).ToList();
        var answered = spoken.FindLastIndex(message => message.Role == ChatRole.Assistant) + 1;
        if (answered == spoken.Count)
        {
            throw new ArgumentException("The last message must be the user's: it is what the model is to answer.", nameof(messages));
        }

        var results = new FunctionLog();
        var tools = results.Watch(Tools(options));
        FunctionNames.Check(tools);
        var conversation = new Conversation
        {
            Id = options?.ConversationId ?? "call-" + Guid.NewGuid().ToString("N"),
            Profile = options?.AdditionalProperties?.TryGetValue(ClaudeChatOptions.ProfileKey, out string? profile) is true ? profile : null,
            Model = options?.ModelId,
            SystemPrompt = system.Length > 0 ? system : null,
            History = ChatHistory.From(spoken, answered, tools),
            Tools = tools,
            Approvals = new ApprovalRules(CanAsk: true),
            Calls = new WireTurn { Parameters = setsOnWire ? ChatParameters.Of(options) : CallParameters.None },
            OutputSchema = Schema(options?.ResponseFormat),
            Effort = options?.Reasoning?.Effort switch
            {
                null => null,
                ReasoningEffort.None or ReasoningEffort.Low => Effort.Low,
                ReasoningEffort.Medium => Effort.Medium,
                ReasoningEffort.High => Effort.High,
                _ => Effort.XHigh,
            },
            ThinkingSummaries = options?.Reasoning?.Output is { } shown ? shown != ReasoningOutput.None : null,
        };
        return new ChatRequest(conversation, [.. spoken.Skip(answered).SelectMany(message => message.Contents).Select(UserPart)])
        {
            IsSingleUse = options?.ConversationId is null,
            BringsHistory = answered > 0,
            ShowsThinking = options?.Reasoning?.Output != ReasoningOutput.None,
            Results = results,
        };
    }

    private static IReadOnlyList<AIFunctionDeclaration> Tools(ChatOptions? options) =>
        options?.ToolMode is NoneChatToolMode ? [] : [.. options?.Tools?.Cast<AIFunctionDeclaration>() ?? []];

    private static UserContent UserPart(AIContent content) => ChatHistory.UserPart(content) ?? throw new NotSupportedException(
        $"A user message with {content.GetType().Name} cannot be sent; only text, images, PDF documents, results of functions and answers to approvals can.");

    // The CLI compiles schemas of its own dialect alone: one that names another is dropped, and with it the promise.
    private static JsonElement? Schema(ChatResponseFormat? format)
    {
        if (format is not ChatResponseFormatJson json)
        {
            return null;
        }

        if (json.Schema is not { } schema)
        {
            return JsonSerializer.SerializeToElement(new JsonObject { ["type"] = "object" }, ChatJson.Default.JsonObject);
        }

        var node = schema.ToNode() as JsonObject;
        if (node?["type"] is not JsonValue type || !type.TryGetValue(out string? kind) || kind != "object")
        {
            throw new NotSupportedException(
                "ChatOptions.ResponseFormat has a JSON schema that is not of an object; wrap the value in a property of one.");
        }

        node.Remove("$schema");
        return JsonSerializer.SerializeToElement(node, ChatJson.Default.JsonObject);
    }
}
