using Pilotlight.Claude.Conversations;
using static Pilotlight.Gateway.Compatible.CallBody;

namespace Pilotlight.Gateway.Compatible;

/// <summary>All that was said, as it is answered.</summary>
/// <param name="History">Everything before what the user says now.</param>
/// <param name="Content">What the user says now.</param>
/// <param name="Prefill">The beginning of the answer; null for none.</param>
internal sealed record CallHistory(IReadOnlyList<CompatibleMessage> History, IReadOnlyList<UserContent> Content, string? Prefill)
{
    /// <summary>Puts messages into the order that the API wants: roles in turn, each call answered first of all in the message after it, nothing blank.</summary>
    /// <exception cref="Core.Problems.ProblemException">There is nothing to answer, or a call and its result do not match.</exception>
    public static CallHistory Of(IEnumerable<CompatibleMessage> messages)
    {
        var joined = new List<CompatibleMessage>();
        foreach (var message in messages.Select(WithoutBlanks).Where(message => message.Content.Count > 0 || message.Calls.Count > 0))
        {
            if (joined is [.., { } last] && last.Role == message.Role)
            {
                joined[^1] = Join(last, message);
            }
            else
            {
                joined.Add(message);
            }
        }

        for (var at = 0; at < joined.Count; at++)
        {
            joined[at] = joined[at] with { Content = [.. joined[at].Content.OrderBy(part => part is not UserToolResult)] };
        }

        CallerTools.CheckAnswered(joined);
        return joined switch
        {
            [.. var history, { Role: HistoryRole.User } now] => new(history, now.Content, null),
            [.. var history, { Role: HistoryRole.User } now, { Calls.Count: 0 } begun] => new(history, now.Content, begun.Text.TrimEnd()),
            _ => throw Fault("messages", "The last message must be the user's, with something in it: it is what the model answers."),
        };
    }

    private static CompatibleMessage WithoutBlanks(CompatibleMessage message) =>
        message with { Content = [.. message.Content.Where(part => part is not UserText { Text: var text } || !string.IsNullOrWhiteSpace(text))] };

    private static CompatibleMessage Join(CompatibleMessage one, CompatibleMessage other) => one.Role == HistoryRole.User
        ? one with { Content = [.. one.Content, .. other.Content] }
        : one with
        {
            Content = one.Text.Length > 0 && other.Text.Length > 0 ? [new UserText($"{one.Text}\n\n{other.Text}")] : one.Text.Length > 0 ? one.Content : other.Content,
            Calls = [.. one.Calls, .. other.Calls],
            Thoughts = [.. one.Thoughts, .. other.Thoughts],
        };
}
