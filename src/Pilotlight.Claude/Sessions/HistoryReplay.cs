using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Claude.Sessions;

/// <summary>What of a stored history is told to a fresh process.</summary>
internal static partial class HistoryReplay
{
    /// <summary>
    /// Leaves out messages without text (tool results, assistant turns that only called tools), notes the tools that an
    /// answer with text had used, and joins messages of the same role, which the API would otherwise merge on its own.
    /// </summary>
    public static IReadOnlyList<HistoryMessage> Prepare(IReadOnlyList<HistoryMessage> history, ILogger logger)
    {
        var prepared = new List<HistoryMessage>(history.Count);
        foreach (var message in history)
        {
            if (message.SaysNothing)
            {
                continue;
            }

            var text = message is { Role: HistoryRole.Assistant, ToolNames: { Count: > 0 } tools }
                ? $"{message.Text}\n\n[used tools: {string.Join(", ", tools)}]"
                : message.Text;
            if (prepared is [.., var last] && last.Role == message.Role)
            {
                LogRepeatedRole(logger, message.Role, prepared.Count);
                prepared[^1] = last with { Text = $"{last.Text}\n\n{text}", Content = Join(last, message with { Text = text }), Calls = Join(last.Calls, message.Calls) };
            }
            else
            {
                prepared.Add(message with { Text = text, ToolNames = null });
            }
        }

        return prepared;
    }

    private static HistoryToolCall[]? Join(IReadOnlyList<HistoryToolCall>? one, IReadOnlyList<HistoryToolCall>? other) =>
        one is null && other is null ? null : [.. one ?? [], .. other ?? []];

    private static UserContent[]? Join(HistoryMessage one, HistoryMessage other) =>
        one.Content is null && other.Content is null ? null : [.. one.Content ?? [new UserText(one.Text)], .. other.Content ?? [new UserText(other.Text)]];

    [LoggerMessage(Level = LogLevel.Warning, Message = "Two messages of the role {Role} follow each other at position {Position} of a stored history; they are replayed as one")]
    private static partial void LogRepeatedRole(ILogger logger, HistoryRole role, int position);
}
