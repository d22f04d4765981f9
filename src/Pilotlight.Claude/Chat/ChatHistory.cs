using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Tools;

namespace Pilotlight.Claude.Chat;

/// <summary>Earlier messages as they are replayed: text as text; images and finished calls of functions as the API's own blocks.</summary>
/// <remarks>
/// A call is replayed as a call when its function is still offered and its result is known; otherwise it is only noted beside the
/// text, for the API refuses a call without its result.
/// </remarks>
internal static class ChatHistory
{
    public static IReadOnlyList<HistoryMessage> From(
        IReadOnlyList<ChatMessage> messages, int count, IReadOnlyList<AIFunctionDeclaration> tools)
    {
        var known = messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>()
            .Select(result => result.CallId).ToHashSet(StringComparer.Ordinal);
        var native = messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()
            .Where(call => known.Contains(call.CallId) && tools.Any(tool => tool.Name == call.Name))
            .Select(call => call.CallId).ToHashSet(StringComparer.Ordinal);
        var history = new List<HistoryMessage>();
        foreach (var message in messages.Take(count))
        {
            foreach (var part in message.Contents)
            {
                var role = part is FunctionResultContent || message.Role != ChatRole.Assistant ? HistoryRole.User : HistoryRole.Assistant;
                switch (part)
                {
                    case FunctionCallContent call when !native.Contains(call.CallId):
                        Add(history, new HistoryMessage(role, "", [call.Name]));
                        break;
                    case FunctionCallContent call:
                        Add(history, Block(role, ToolUse(call)));
                        break;
                    case FunctionResultContent result when native.Contains(result.CallId):
                        Add(history, Block(role, UserContentJson.Block(new UserToolResult(result.CallId, ResultText(result), result.Exception is not null))));
                        break;
                    case DataContent image when role == HistoryRole.User && image.HasTopLevelMediaType("image"):
                        Add(history, Block(role, UserContentJson.Block(new UserImage(image.MediaType, image.Data))));
                        break;
                    case TextContent text when !string.IsNullOrWhiteSpace(text.Text):
                        Add(history, new HistoryMessage(role, text.Text));
                        break;
                }
            }
        }

        return history;
    }

    /// <summary>What the model is told of a function's result.</summary>
    public static string ResultText(FunctionResultContent result) => result is { Exception: { } fault, Result: null }
        ? fault.Message
        : FunctionResults.Text(result.Result, AIJsonUtilities.DefaultOptions);

    /// <summary>A call as the API's block.</summary>
    public static JsonObject ToolUse(FunctionCallContent call) => new()
    {
        ["type"] = "tool_use",
        ["id"] = call.CallId,
        ["name"] = FunctionNames.Qualify(call.Name),
        ["input"] = JsonSerializer.SerializeToNode(
            call.Arguments ?? new Dictionary<string, object?>(), AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>))),
    };

    // Parts of one role that follow each other are one message, of text as long as all of it is text.
    private static void Add(List<HistoryMessage> history, HistoryMessage next)
    {
        if (history is not [.., var last] || last.Role != next.Role)
        {
            history.Add(next);
        }
        else if (last.Blocks is null && next.Blocks is null)
        {
            var names = (last.ToolNames ?? []).Concat(next.ToolNames ?? []).ToArray();
            history[^1] = new HistoryMessage(
                last.Role, last.Text.Length == 0 ? next.Text : next.Text.Length == 0 ? last.Text : last.Text + "\n\n" + next.Text, names.Length > 0 ? names : null);
        }
        else
        {
            history[^1] = last with { Blocks = [.. Blocks(last), .. Blocks(next)], ToolNames = null };
        }
    }

    private static HistoryMessage Block(HistoryRole role, JsonNode block) => new(role, "") { Blocks = [block] };

    private static IEnumerable<JsonNode?> Blocks(HistoryMessage message) =>
        message.Blocks is { } blocks ? blocks.Select(block => block?.DeepClone())
        : message.Text.Length > 0 ? [new JsonObject { ["type"] = "text", ["text"] = message.Text }]
        : [];
}
