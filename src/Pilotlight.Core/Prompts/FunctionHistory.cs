using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Tools;

namespace Pilotlight.Core.Prompts;

/// <summary>Calls of callers' functions in what was said, as a process takes them.</summary>
/// <remarks>
/// The API takes a call only of a function that is offered, and only with its result in the message after it. Others are told in
/// words: a function that is offered no more, a call that nobody answered, a result whose call was taken out.
/// </remarks>
internal static class FunctionHistory
{
    /// <summary>What was said before and what is said now, with each call either native or in words.</summary>
    /// <param name="history">What was said before.</param>
    /// <param name="now">What is said now.</param>
    /// <param name="functions">The callers' functions that are offered.</param>
    /// <param name="own">The ids of calls of the agent's own tools, which stay as they are.</param>
    public static (IReadOnlyList<HistoryMessage> History, IReadOnlyList<UserContent> Now) Tell(
        IEnumerable<HistoryMessage> history, IReadOnlyList<UserContent> now, IReadOnlyList<AIFunctionDeclaration> functions, IReadOnlySet<string>? own = null)
    {
        var said = history.Append(new HistoryMessage(HistoryRole.User, "") { Content = now }).ToArray();
        if (!Array.Exists(said, message => message.Calls is { Count: > 0 } || message.Content?.Any(part => part is UserToolResult) == true))
        {
            return (said[..^1], now);
        }

        IReadOnlyList<HistoryToolCall> called = [];
        HashSet<string> native = [];
        for (var at = 0; at < said.Length; at++)
        {
            var message = said[at];
            if (message.Role == HistoryRole.User)
            {
                said[at] = message.Content is { } parts ? message with { Content = Results(parts, called, native) } : message;
                (called, native) = ([], []);
                continue;
            }

            called = message.Calls ?? [];
            native = [.. called.Where(call => (own?.Contains(call.ToolUseId) == true || functions.Any(function => function.Name == call.Name)) && IsAnswered(said, at + 1, call)).Select(call => call.ToolUseId)];
            if (called.Count > 0)
            {
                IEnumerable<string> untold = called.Where(call => !native.Contains(call.ToolUseId)).Select(call => call.Name).Distinct(StringComparer.Ordinal);
                said[at] = message with
                {
                    ToolNames = message.ToolNames is null && native.Count == called.Count ? null : [.. message.ToolNames ?? [], .. untold],
                    Calls = native.Count == 0 ? null : [.. called.Where(call => native.Contains(call.ToolUseId))
                        .Select(call => own?.Contains(call.ToolUseId) == true ? call : call with { Name = FunctionNames.Qualify(call.Name) })],
                };
            }
        }

        return (said[..^1], said[^1].Content!);
    }

    private static bool IsAnswered(HistoryMessage[] said, int at, HistoryToolCall call) =>
        at < said.Length && said[at].Role == HistoryRole.User && said[at].Content?.Any(part => part is UserToolResult result && result.ToolUseId == call.ToolUseId) == true;

    // A picture in a result that is told in words stands beside them.
    private static UserContent[] Results(IReadOnlyList<UserContent> parts, IReadOnlyList<HistoryToolCall> called, HashSet<string> native) =>
    [
        .. parts.SelectMany(part => part is UserToolResult result && !native.Contains(result.ToolUseId)
            ? [new UserText($"[{called.FirstOrDefault(call => call.ToolUseId == result.ToolUseId)?.Name ?? "a function"} returned] {result.Text}"),
                .. result.Content?.Where(more => more is not UserText) ?? []]
            : (IEnumerable<UserContent>)[part]),
    ];
}
