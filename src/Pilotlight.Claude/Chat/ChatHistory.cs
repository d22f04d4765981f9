using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Permissions;
using Pilotlight.Claude.Tools;

namespace Pilotlight.Claude.Chat;

/// <summary>Earlier messages as they are replayed: text, images, documents, and finished calls of functions as calls.</summary>
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
        var decided = messages.Skip(count).SelectMany(message => message.Contents).OfType<ToolApprovalResponseContent>()
            .Select(answer => answer.ToolCall.CallId).ToHashSet(StringComparer.Ordinal);
        var history = new List<HistoryMessage>();
        foreach (var message in messages.Take(count))
        {
            foreach (var part in message.Contents)
            {
                var role = part is FunctionResultContent || message.Role != ChatRole.Assistant ? HistoryRole.User : HistoryRole.Assistant;
                switch (part)
                {
                    case ToolApprovalRequestContent { ToolCall: FunctionCallContent asked } when decided.Contains(asked.CallId):
                        Add(history, new HistoryMessage(role, "") { Calls = [OwnCall(asked)] });
                        break;
                    case FunctionCallContent call when decided.Contains(call.CallId):
                        break; // Told with its request.
                    case FunctionCallContent call when !native.Contains(call.CallId):
                        Add(history, new HistoryMessage(role, "", [call.Name]));
                        break;
                    case FunctionCallContent call:
                        Add(history, new HistoryMessage(role, "") { Calls = [Call(call)] });
                        break;
                    case FunctionResultContent result when native.Contains(result.CallId):
                        Add(history, new HistoryMessage(role, "") { Content = [Result(result)] });
                        break;
                    case TextContent text when !string.IsNullOrWhiteSpace(text.Text):
                        Add(history, new HistoryMessage(role, text.Text));
                        break;
                    case DataContent or UriContent when role == HistoryRole.User && UserPart(part) is { } media:
                        Add(history, new HistoryMessage(role, "") { Content = [media] });
                        break;
                }
            }
        }

        return history;
    }

    /// <summary>A part of a user's message, or null when the API takes none such.</summary>
    public static UserContent? UserPart(AIContent content) => content switch
    {
        TextContent text => new UserText(text.Text),
        DataContent data when data.HasTopLevelMediaType("image") => new UserImage(data.MediaType, data.Data),
        DataContent { MediaType: "application/pdf" } data => new UserDocument(data.MediaType, data.Data),
        UriContent { Uri: { Scheme: "http" or "https" } address } image when image.HasTopLevelMediaType("image") => new UserImageAddress(address),
        FunctionResultContent result => Result(result),
        ToolApprovalResponseContent answer => Decision(answer),
        _ => null,
    };

    /// <summary>A function's result as the model is told it.</summary>
    public static UserToolResult Result(FunctionResultContent result) => new(
        result.CallId,
        result is { Exception: { } fault, Result: null } ? fault.Message : FunctionResults.Text(result.Result, AIJsonUtilities.DefaultOptions),
        result.Exception is not null);

    /// <summary>A call as it is replayed.</summary>
    public static HistoryToolCall Call(FunctionCallContent call) => new(call.CallId, FunctionNames.Qualify(call.Name), Arguments(call));

    /// <summary>A call of a tool of the agent's own.</summary>
    public static HistoryToolCall OwnCall(FunctionCallContent call) => new(call.CallId, call.Name, Arguments(call));

    // What the answer calls it with is what it runs with: it may be another input than the model's, or hold the answers to its questions.
    private static UserToolDecision Decision(ToolApprovalResponseContent answer) => new(
        answer.ToolCall.CallId,
        !answer.Approved ? ToolDecision.Deny(answer.Reason ?? "The user did not permit this.")
            : answer.ToolCall is FunctionCallContent { Arguments: not null } call ? ToolDecision.Allow(Arguments(call))
            : ToolDecision.Allow());

    private static JsonElement Arguments(FunctionCallContent call) => JsonSerializer.SerializeToElement(
        call.Arguments ?? new Dictionary<string, object?>(), AIJsonUtilities.DefaultOptions.GetTypeInfo(typeof(IDictionary<string, object?>)));

    // Parts of one role that follow each other are one message.
    private static void Add(List<HistoryMessage> history, HistoryMessage next)
    {
        if (history is not [.., var last] || last.Role != next.Role)
        {
            history.Add(next);
            return;
        }

        history[^1] = new HistoryMessage(
            last.Role,
            last.Text.Length == 0 ? next.Text : next.Text.Length == 0 ? last.Text : last.Text + "\n\n" + next.Text,
            last.ToolNames is null && next.ToolNames is null ? null : [.. last.ToolNames ?? [], .. next.ToolNames ?? []])
        {
            Content = last.Content is null && next.Content is null ? null : [.. Parts(last), .. Parts(next)],
            Calls = last.Calls is null && next.Calls is null ? null : [.. last.Calls ?? [], .. next.Calls ?? []],
        };
    }

    private static IEnumerable<UserContent> Parts(HistoryMessage message) =>
        message.Content ?? (message.Text.Length > 0 ? [new UserText(message.Text)] : []);
}
