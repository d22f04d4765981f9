using Pilotlight.Core.Problems;
using Pilotlight.Tool.Client;

namespace Pilotlight.Tool.Chat;

/// <summary>One answer to stdout, and nothing else there: for a pipe.</summary>
internal static class OneAnswer
{
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(GatewayClient client, string thread, string prompt, CancellationToken cancellationToken)
    {
        string? turn = null;
        try
        {
            return await FollowAsync(client.RunTurnAsync(thread, prompt, cancellationToken), started => turn = started);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && turn is not null)
        {
            // The turn is the server's and would go on by itself.
            await client.CancelAsync(thread, turn, CancellationToken.None);
            return 1;
        }
    }

    // A pipe cannot take back what was written, so a message that is started over is printed when it is whole.
    private static async Task<int> FollowAsync(IAsyncEnumerable<TurnStreamEvent> events, Action<string> started)
    {
        var (printed, text) = ("", "");
        await foreach (var turnEvent in events)
        {
            switch (turnEvent.Type)
            {
                case "turn.started":
                    started(turnEvent.Text("turnId"));
                    if (turnEvent.IsSimulated)
                    {
                        Console.Error.WriteLine("(simulated model)");
                    }

                    break;
                case "text.delta":
                    text += turnEvent.Text("text");
                    if (text.StartsWith(printed, StringComparison.Ordinal))
                    {
                        Console.Write(text[printed.Length..]);
                        printed = text;
                    }

                    break;
                case "text.reset":
                    text = "";
                    break;
                case "turn.failed":
                    Console.Error.WriteLine(turnEvent.Problem);
                    return 1;
                case "turn.cancelled":
                    Console.Error.WriteLine("The turn was cancelled.");
                    return 1;
                case "turn.completed":
                    Console.WriteLine(text == printed ? "" : "\n" + text);
                    return 0;
            }
        }

        Console.Error.WriteLine("The answer broke off without an end. Ask again.");
        return 1;
    }
}
