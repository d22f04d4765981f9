using Pilotlight.Client;
using Pilotlight.Client.Turns;

namespace Pilotlight.Tool.Chat;

/// <summary>One answer to stdout, and nothing else there: for a pipe.</summary>
internal static class OneAnswer
{
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(PilotlightClient client, string thread, string prompt, CancellationToken cancellationToken)
    {
        string? turn = null;
        try
        {
            return await FollowAsync(thread, client.RunTurnAsync(thread, prompt, cancellationToken), started => turn = started);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && turn is not null)
        {
            // The turn is the server's and would go on by itself.
            await client.CancelTurnAsync(thread, turn, CancellationToken.None);
            return 1;
        }
    }

    // A pipe cannot take back what was written, so a message that is started over is printed when it is whole.
    private static async Task<int> FollowAsync(string thread, IAsyncEnumerable<TurnEvent> events, Action<string> onStarted)
    {
        var (printed, text) = ("", "");
        await foreach (var turnEvent in events)
        {
            switch (turnEvent)
            {
                case TurnStarted started:
                    onStarted(started.TurnId);
                    if (started.Simulated)
                    {
                        Console.Error.WriteLine("(simulated model)");
                    }

                    break;
                case TextDelta delta:
                    text += delta.Text;
                    if (text.StartsWith(printed, StringComparison.Ordinal))
                    {
                        Console.Write(text[printed.Length..]);
                        printed = text;
                    }

                    break;
                case ApprovalRequested or QuestionAsked:
                    Console.Error.WriteLine(
                        turnEvent is ApprovalRequested asked ? $"The turn waits for leave to: {asked.Title}" : "The turn waits for an answer to the model's question.");
                    Console.Error.WriteLine($"Answer it in the console, or by POST /api/threads/{thread}/approvals/{(turnEvent is ApprovalRequested one ? one.ApprovalId : ((QuestionAsked)turnEvent).ApprovalId)}.");
                    break;
                case TextReset:
                    text = "";
                    break;
                case TurnFailed failed:
                    Console.Error.WriteLine(failed.Problem.Detail);
                    return 1;
                case TurnCancelled:
                    Console.Error.WriteLine("The turn was cancelled.");
                    return 1;
                case TurnCompleted:
                    Console.WriteLine(text == printed ? "" : "\n" + text);
                    return 0;
            }
        }

        return 1;
    }
}
